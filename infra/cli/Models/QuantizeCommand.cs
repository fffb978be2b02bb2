using System.CommandLine;
using System.Diagnostics;
using SlmOps.Cli.Watch;
using SlmOps.Quantizer;
using Spectre.Console;

namespace SlmOps.Cli.Models;

/// <summary><c>slmops quantize in.onnx out.onnx --recipe int4</c>.</summary>
internal static class QuantizeCommand
{
    private const int MostShown = 12;

    internal static Command Build()
    {
        var input = new Argument<string>("input") { Description = "Model to read, or a folder with one; external data lies in its folder" };
        var output = new Argument<string>("output") { Description = "Model to write; external data goes to OUTPUT.data" };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON on standard output" };
        var tuning = new QuantizeOptions();
        var command = new Command("quantize", "Make a smaller model, one tensor at a time; memory does not grow with the model.")
        {
            input,
            output,
            json,
        };
        tuning.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                Guard.RunAsync(() =>
                {
                    var terminal = Terminal.Open(parsed.GetValue(json));
                    var result = Run(
                        terminal,
                        ModelArguments.Model(parsed.GetValue(input)!),
                        parsed.GetValue(output)!,
                        tuning.Read(parsed),
                        cancellationToken);
                    Show(terminal, result);
                    terminal.Result(result);
                    return Task.FromResult(ExitCode.Done);
                }));
        return command;
    }

    private static QuantizeOutcome Run(
        Terminal terminal, string input, string output, QuantizationOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        try
        {
            var report = WithProgress(terminal, progress => ModelQuantizer.Quantize(input, output, options, progress, cancellationToken));
            var elapsed = clock.ElapsedMilliseconds;
            process.Refresh();
            return new()
            {
                Recipe = report.Recipe,
                InputBytes = report.InputBytes,
                OutputBytes = report.OutputBytes,
                Ratio = report.Ratio,
                ElapsedMs = elapsed,
                CpuMs = (long)(process.TotalProcessorTime - cpu).TotalMilliseconds,
                PeakRssBytes = process.PeakWorkingSet64,
                MinimumOrt = report.MinimumOrt,
                Tensors = report.Tensors,
            };
        }
        catch (ModelQuantizationException refused)
        {
            throw new CliException(
                string.Join(
                    Environment.NewLine,
                    refused.Problems.Select(problem => $"{problem.File ?? input}: {problem.Message} {problem.Cure} [{problem.Code}]")));
        }
    }

    private static QuantizationReport WithProgress(Terminal terminal, Func<IProgress<QuantizationProgress>, QuantizationReport> work) =>
        terminal.Screen.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(screen =>
            {
                var bar = screen.AddTask("quantize");
                var report = work(new Bar(bar));
                bar.Value = bar.MaxValue;
                return report;
            });

    private static void Show(Terminal terminal, QuantizeOutcome result)
    {
        var changed = result.Tensors.Count(tensor => tensor.RelativeError is not null);
        terminal.Say(
            $"{StatusChanges.Bytes(result.InputBytes)} -> {StatusChanges.Bytes(result.OutputBytes)} ({result.Ratio:0.000}), {changed} "
                + $"weights changed, {result.Tensors.Count - changed} left, in {result.ElapsedMs / 1000.0:0.00} s "
                + $"({result.CpuMs / 1000.0:0.00} s CPU, {StatusChanges.Bytes(result.PeakRssBytes)} peak); needs ONNX Runtime "
                + $"{result.MinimumOrt}"
        );
        var left = result.Tensors.Where(tensor => tensor.RelativeError is null).OrderByDescending(tensor => tensor.BytesBefore).ToList();
        foreach (var tensor in left.Take(MostShown))
        {
            terminal.Say($"  left {StatusChanges.Bytes(tensor.BytesBefore),10}  {tensor.Name}: {tensor.Reason}");
        }

        if (left.Count > MostShown)
        {
            terminal.Say($"  and {left.Count - MostShown} smaller ones; --json lists every weight");
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<QuantizationProgress>
    {
        public void Report(QuantizationProgress value)
        {
            task.MaxValue = Math.Max(1, value.Bytes);
            task.Value = value.BytesDone;
        }
    }
}

/// <summary>What <c>quantize --json</c> prints.</summary>
internal sealed record QuantizeOutcome
{
    public required string Recipe { get; init; }

    public required long InputBytes { get; init; }

    public required long OutputBytes { get; init; }

    public required double Ratio { get; init; }

    public required long ElapsedMs { get; init; }

    public required long CpuMs { get; init; }

    public required long PeakRssBytes { get; init; }

    public required string MinimumOrt { get; init; }

    public required IReadOnlyList<TensorReport> Tensors { get; init; }
}
