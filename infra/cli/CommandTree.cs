using System.CommandLine;
using System.CommandLine.Invocation;
using SlmOps.Cli.Access;
using SlmOps.Cli.Adaptation;
using SlmOps.Cli.Agent;
using SlmOps.Cli.Cancel;
using SlmOps.Cli.Collect;
using SlmOps.Cli.Demo;
using SlmOps.Cli.Events;
using SlmOps.Cli.Floor;
using SlmOps.Cli.Lab;
using SlmOps.Cli.Models;
using SlmOps.Cli.Packages;
using SlmOps.Cli.Push;
using SlmOps.Cli.Rollout;
using SlmOps.Cli.Root;
using SlmOps.Cli.Up;
using SlmOps.Cli.Watch;

namespace SlmOps.Cli;

/// <summary>Every command.</summary>
internal static class CommandTree
{
    internal static RootCommand Build() =>
        new(
            "SlmOps: drop a small language model into storage, and every device of the fleet ends up running the right, verified, "
                + "smaller build of it."
        )
        {
            DemoCommand.Build(),
            UpCommand.Build(),
            HostCommand.Build(),
            PushCommand.Build(),
            WatchCommand.Build(),
            EventsCommand.Build(),
            RolloutCommand.Build(),
            CollectCommand.Build(),
            CancelCommand.Build(),
            FloorCommand.Build(),
            AdaptationCommand.Build(),
            DeviceCommands.Build(),
            KeyCommands.Build(),
            AuditCommand.Build(),
            AgentCommand.Build(),
            InspectCommand.Build(),
            QuantizeCommand.Build(),
            EvaluateCommand.Build(),
            LabCommand.Build(),
            PackageCommand.Build(),
            VerifyCommand.Build(),
            DiffCommand.Build(),
            ArchiveCommands.Export(),
            ArchiveCommands.Import(),
            RootCommands.Build(),
        };

    /// <summary>Runs a command line; the library itself knows no exit code of its own for bad usage.</summary>
    internal static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, InvocationConfiguration? surroundings, CancellationToken cancellationToken)
    {
        var parsed = Build().Parse(arguments);
        var code = await parsed.InvokeAsync(surroundings, cancellationToken);
        return parsed.Action is ParseErrorAction ? ExitCode.Usage : code;
    }
}
