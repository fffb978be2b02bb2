using System.CommandLine;
using SlmOps.Contracts;

namespace SlmOps.Cli.Rollout;

/// <summary><c>slmops rollout pause|resume|rollback channel</c>.</summary>
internal static class RolloutCommand
{
    internal static Command Build() => new("rollout", "Pause, resume or roll back what a channel rolls out.")
    {
        One("pause", "Stop opening rings; devices keep what they run"),
        One("resume", "Go on with a paused rollout; the open ring's deadline starts anew"),
        One("rollback", "Withdraw the release; devices go back to what the channel ran before"),
    };

    private static Command One(string action, string description)
    {
        var channel = new Argument<string>("channel") { Description = "Channel (the model's name unless slmops.json says otherwise)" };
        var reason = new Option<string?>("--reason") { Description = "Why; shown wherever the rollout is shown", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(action, description) { channel, reason, json };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            using var client = new OperatorClient(Connection.Find(connection, parsed));
            var result = await client.CommandAsync(
                CliName.Read<ChannelName>(parsed.GetValue(channel)!), action, parsed.GetValue(reason), cancellationToken);
            terminal.Say(result.Message);
            terminal.Result(result);
            return ExitCode.Done;
        }));
        return command;
    }
}
