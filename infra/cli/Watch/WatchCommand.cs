using System.CommandLine;
using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Watch;

/// <summary><c>slmops watch name/version</c>.</summary>
internal static class WatchCommand
{
    internal static Command Build()
    {
        var model = new Argument<string>("model") { Description = "What to follow, as NAME/VERSION" };
        var json = new Option<bool>("--json") { Description = "Print the final status as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(
            "watch",
            "Follow a model from its upload until its rollout ends. Exit code 0: finished; 1: rejected, paused or rolled back.")
        {
            model, json,
        };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var (name, version) = Split(parsed.GetValue(model)!);
            using var client = new OperatorClient(Connection.Find(connection, parsed));
            var watcher = new RunWatcher(client, terminal, TimeProvider.System);
            var never = Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            var status = await watcher.FollowAsync(name, version, Stopwatch.StartNew(), never, cancellationToken);
            RunTables.Show(terminal, status);
            terminal.Result(status);
            return status.State.IsSuccess() ? ExitCode.Done : ExitCode.Failed;
        }));
        return command;
    }

    internal static (ModelName Model, ModelVersion Version) Split(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2 && ModelName.TryParse(parts[0], out var model) && ModelVersion.TryParse(parts[1], out var version)
            ? (model, version)
            : throw new CliException($"'{text}' is not NAME/VERSION; each part: {SafeName.Rule}.", ExitCode.Usage);
    }
}
