using System.CommandLine;
using SlmOps.Cli.Watch;

namespace SlmOps.Cli.Floor;

/// <summary><c>slmops floor NAME/VERSION</c>.</summary>
internal static class FloorCommand
{
    internal static Command Build()
    {
        var model = new Argument<string>("model")
        {
            Description = "Oldest release that devices may still install or fall back to, as NAME/VERSION",
        };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(
            "floor",
            "Raise a model's security floor: devices install and fall back to nothing older than a release. It never goes down.")
        {
            model,
            json,
        };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var (name, version) = WatchCommand.Split(parsed.GetValue(model)!);
            using var client = new OperatorClient(Connection.Find(connection, parsed));
            var result = await client.SecurityFloorAsync(name, version, cancellationToken);
            terminal.Say(result.Message);
            terminal.Result(result);
            return ExitCode.Done;
        }));
        return command;
    }
}
