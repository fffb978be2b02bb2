using System.CommandLine;
using SlmOps.Cli.Watch;

namespace SlmOps.Cli.Cancel;

/// <summary><c>slmops cancel NAME/VERSION</c>.</summary>
internal static class CancelCommand
{
    internal static Command Build()
    {
        var model = new Argument<string>("model") { Description = "Upload whose run is to end, as NAME/VERSION" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command("cancel", "End a run at any stage before its release: what runs of it is killed, and it is rejected.")
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
            var result = await client.CancelAsync(name, version, cancellationToken);
            terminal.Say(result.Message);
            terminal.Result(result);
            return ExitCode.Done;
        }));
        return command;
    }
}
