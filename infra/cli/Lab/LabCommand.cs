using System.CommandLine;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;
using Spectre.Console;

namespace SlmOps.Cli.Lab;

/// <summary><c>slmops lab package|folder|layout|name/version</c>.</summary>
internal static class LabCommand
{
    private const string Description = """
        Try the variants of a model on processors that are not here, each with the agent's own program: its smoke test, whether the
        model loads, and the right text fed to it at once and token by token, compared with this machine and with the original.
        Exit code 1 when a variant fails on a processor that could be tried.
        """;

    private const int MostTokens = 100_000;

    internal static Command Build()
    {
        var place = new Argument<string?>("what")
        {
            Description = "A layout or an OCI archive of `slmops package`, a model or its folder (one with slmops.json is built first), or "
                + "name/version of a release of a running system",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var processors = new Option<string[]?>("--processors")
        {
            Description = $"Which to try, with commas (default: all that can be tried here): {LabProcessors.Names}",
            HelpName = "NAMES",
        };
        var runtimes = new Option<string[]?>("--runtimes")
        {
            Description = "Other versions of ONNX Runtime to open and run language models in on this machine, with commas, such as "
                + "1.23.2,1.27.0; npm installs each once",
            HelpName = "VERSIONS",
        };
        var tokens = new Option<int>("--tokens")
        {
            Description = "Tokens of the text to run",
            HelpName = "N",
            DefaultValueFactory = _ => LabTexts.DefaultTokens,
        };
        var text = new Option<string?>("--text")
        {
            Description = "Text to run language models on (default: eval.txt of the folder, else the package's smoke prompts and answers)",
            HelpName = "FILE",
        };
        var plot = new Option<string?>("--plot")
        {
            Description = "Also draw the losses of all variants on all processors into this file, an .svg",
            HelpName = "FILE",
        };
        var list = new Option<bool>("--list") { Description = "Say which processors this machine can try, and what installs the others" };
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command("lab", Description) { place, processors, runtimes, tokens, text, plot, list, json };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var tools = LabAgents.Tools();
            if (parsed.GetValue(list))
            {
                List(terminal, tools);
                return ExitCode.Done;
            }

            var what = parsed.GetValue(place)
                ?? throw new CliException(
                    "Name what to try: a package, a folder, a layout, or name/version. --list shows the processors.", ExitCode.Usage);
            var wanted = Chosen(parsed.GetValue(processors) ?? [], tools);
            var others = LabRuntimes.Chosen(parsed.GetValue(runtimes) ?? []);
            var picture = parsed.GetValue(plot) is { } file ? LabPlot.Require(file) : null;
            if (parsed.GetValue(tokens) is < 2 or > MostTokens)
            {
                throw new CliException($"--tokens takes 2 to {MostTokens}.", ExitCode.Usage);
            }

            var folder = Directory.CreateTempSubdirectory("slmops-lab-");
            try
            {
                var (models, upload) = await new LabSource(terminal, folder.FullName)
                    .OpenAsync(what, () => Connection.Find(connection, parsed), cancellationToken);
                var original = models.FirstOrDefault(model => model.IsOriginal) ?? models[0];
                var fed = LabTexts.Of(original, upload, parsed.GetValue(text), parsed.GetValue(tokens), cancellationToken);

                // Once there is something to try: building the agents takes minutes.
                await LabAgents.EnsureAsync(terminal, tools, wanted, cancellationToken);
                if (wanted.Any(one => tools.Missing(one) is null && tools.IsStale(one)))
                {
                    terminal.Say($"The agents in {tools.Agents} are older than this build; `{tools.Build}` builds them anew.");
                }

                await LabRuntimes.EnsureAsync(terminal, tools, others, cancellationToken);
                var run = new LabRun(tools, [.. wanted, .. others], fed, TimeProvider.System);
                var report = await RunAsync(terminal, run, models, cancellationToken);
                terminal.Screen.Write(LabView.Results(report));
                LabView.Explain(terminal, report);
                if (picture is not null)
                {
                    LabPlot.Save(report, picture);
                    terminal.Say($"plot: {picture}");
                }

                terminal.Result(report);
                return report.Passed ? ExitCode.Done : ExitCode.Failed;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }));
        return command;
    }

    /// <summary>Those that were named; without names all that can be tried here. This machine is always there.</summary>
    internal static IReadOnlyList<LabProcessor> Chosen(IReadOnlyList<string> given, LabTools tools)
    {
        var names = given
            .SelectMany(part => part.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .ToList();
        foreach (var name in names.Where(name => LabProcessors.Find(name) is null))
        {
            throw new CliException($"There is no processor '{name}'; there are {LabProcessors.Names}.", ExitCode.Usage);
        }

        return [.. LabProcessors.All.Where(one => one == LabProcessors.Native
            || (names.Count > 0 ? names.Contains(one.Name) : tools.Missing(one) is null || CanBeBuilt(tools, one)))];
    }

    private static bool CanBeBuilt(LabTools tools, LabProcessor processor) =>
        processor.Emulator is { } emulator && tools.MissingEmulator(emulator) is null && File.Exists(tools.Build);

    private static Task<LabReport> RunAsync(
        Terminal terminal, LabRun run, IReadOnlyList<LabModel> models, CancellationToken cancellationToken) =>
        terminal.Screen.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(screen => run.RunAsync(models, new Bar(screen.AddTask("lab", maxValue: 1), terminal), cancellationToken));

    private static void List(Terminal terminal, LabTools tools)
    {
        terminal.Screen.Write(LabView.Processors(tools));
        if (OperatingSystem.IsLinux() && LabProcessors.All.Any(one => one.Emulator is { } name && tools.MissingEmulator(name) is not null))
        {
            terminal.Say($"What is missing is installed by: {tools.Install}");
        }

        terminal.Result(LabProcessors.All.Select(one => new LabProcessorLine(one.Name, one.Level, one.IsEmulated, tools.Missing(one))));
    }

    private sealed class Bar(ProgressTask task, Terminal terminal) : IProgress<LabProgress>
    {
        public void Report(LabProgress value)
        {
            task.Value = value.Done;
            if (value.Row is { } row)
            {
                terminal.Say(LabView.Line(row));
            }
        }
    }
}

/// <summary>One processor as <c>lab --list --json</c> prints it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Level">What ONNX Runtime looks at.</param>
/// <param name="Emulated">True where speeds mean nothing.</param>
/// <param name="Missing">Why it cannot be tried here; null when it can.</param>
internal sealed record LabProcessorLine(string Name, string Level, bool Emulated, string? Missing);
