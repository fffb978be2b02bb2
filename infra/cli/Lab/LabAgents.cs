using System.Diagnostics;
using SlmOps.Cli.Agent;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Cli.Lab;

/// <summary>Where the lab's parts lie for this tool, and how the agents come there.</summary>
internal static class LabAgents
{
    internal const string Variable = "SLMOPS_LAB_AGENTS";

    internal static LabTools Tools() => new()
    {
        Scripts = Installation.LabFolder(),
        Agents = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
            ? Path.GetFullPath(named)
            : Installation.LabAgentsFolder(),
        NativeAgent = AgentProcess.Find(),
        Runtimes = Installation.LabRuntimesFolder(),
    };

    /// <summary>The same as the pipeline's settings; none where there is no agent to try anything with.</summary>
    internal static IReadOnlyDictionary<string, string> Settings()
    {
        try
        {
            var tools = Tools();
            return new Dictionary<string, string>
            {
                ["SlmOps__LabScripts"] = tools.Scripts,
                ["SlmOps__LabAgents"] = tools.Agents,
                ["SlmOps__LabAgent"] = tools.NativeAgent,
            };
        }
        catch (CliException)
        {
            // A platform without a lab is one like any other; who asks for the lab is told.
            return new Dictionary<string, string>();
        }
    }

    /// <summary>The agent of an emulated processor, for a device that follows a channel.</summary>
    internal static ForeignAgent Device(LabTools tools, LabProcessor processor) =>
        new(tools.Emulate(processor), tools.Agent(processor.Architecture!));

    /// <summary>Builds the agents where one that is asked for is missing and the project's source is there.</summary>
    internal static async Task EnsureAsync(
        Terminal terminal, LabTools tools, IReadOnlyList<LabProcessor> processors, CancellationToken cancellationToken)
    {
        var missing = processors
            .Where(one => one.IsEmulated && tools.MissingEmulator(one.Emulator!) is null && !File.Exists(tools.Agent(one.Architecture!)))
            .Select(one => one.Architecture!)
            .Distinct().ToList();
        if (missing.Count == 0 || Installation.IsWhole || Environment.GetEnvironmentVariable(Variable) is { Length: > 0 })
        {
            return;
        }

        terminal.Say($"building the agent for {string.Join(" and ", missing)} (once, some minutes): {tools.Build}");
        var start = new ProcessStartInfo(tools.Build) { RedirectStandardError = true };
        using var build = Process.Start(start) ?? throw new CliException($"{tools.Build} cannot be started.");
        try
        {
            var said = await build.StandardError.ReadToEndAsync(cancellationToken);
            await build.WaitForExitAsync(cancellationToken);
            if (build.ExitCode != 0)
            {
                throw new CliException($"{tools.Build} ended with exit code {build.ExitCode}:{Environment.NewLine}{Last(said)}");
            }
        }
        finally
        {
            if (!build.HasExited)
            {
                build.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Last(string text) => string.Join(Environment.NewLine, text.TrimEnd().Split('\n').TakeLast(10));
}
