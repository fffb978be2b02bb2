using SlmOps.Cli.Agent;
using SlmOps.Cli.Lab;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Cli.Demo;

/// <summary>The demo's device of another architecture: the agent that was built for arm64, emulated as on a Raspberry Pi 4.</summary>
internal static class DemoArm
{
    internal const string Option = "--with-arm64";

    private static LabProcessor Processor { get; } = LabProcessors.Find("cortex-a72")!;

    /// <summary>The device, its agent built where it is not yet.</summary>
    /// <exception cref="CliException">When it cannot be had here, with what to do.</exception>
    internal static async Task<AgentProfile> ProfileAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var tools = LabAgents.Tools();
        if (tools.MissingEmulator(Processor.Emulator!) is { } missing)
        {
            throw new CliException($"{Option}: {missing}.");
        }

        await LabAgents.EnsureAsync(terminal, tools, [Processor], cancellationToken);
        if (tools.Missing(Processor) is { } still)
        {
            throw new CliException($"{Option}: {still}.");
        }

        if (tools.IsStale(Processor))
        {
            terminal.Say($"The agents in {tools.Agents} are older than this build; `{tools.Build}` builds them anew.");
        }

        return new("arm64", "1GiB", "balanced", "1", new Dictionary<string, string>()) { Foreign = LabAgents.Device(tools, Processor) };
    }

    /// <summary>How to see it, for whoever could; null where nothing is emulated.</summary>
    internal static string? Hint()
    {
        var tools = LabAgents.Tools();
        return tools.MissingEmulator(Processor.Emulator!) is null && (tools.Missing(Processor) is null || File.Exists(tools.Build))
            ? $"An emulated arm64 device can take part too, through a second release and back: slmops demo {Option}"
            : null;
    }
}
