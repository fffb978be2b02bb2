using System.CommandLine;
using SlmOps.Cli.Access;
using SlmOps.Cli.Watch;
using SlmOps.Contracts;

namespace SlmOps.Cli.Rollout;

/// <summary><c>slmops rollout pause|resume|rollback|start</c>.</summary>
internal static class RolloutCommand
{
    internal static Command Build() => new("rollout", "Pause, resume or roll back what a channel rolls out, or start it again.")
    {
        One("pause", "Stop opening rings; devices keep what they run"),
        Resume(),
        One("rollback", "Withdraw the release; devices go back to what the channel ran before"),
        Start(),
    };

    private static Command One(string action, string description) => Build(action, description, [], _ => action);

    private static Command Resume()
    {
        var skip = new Option<bool>("--skip-ring")
        {
            Description = "Pass over the open ring, whose devices will not answer, and open the next one",
        };
        return Build(
            "resume", "Go on with a paused rollout; the open ring's deadline starts anew", [skip],
            parsed => parsed.GetValue(skip) ? "skip" : "resume");
    }

    private static Command Start()
    {
        var channel = Channel();
        var run = new Argument<string>("model/version") { Description = "A release, such as phi/2.0.0" };
        return ClientCommand.Build(
            "start", "Start another rollout of a release, such as one that was rolled back by mistake.", [channel, run], [],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var (model, version) = WatchCommand.Split(parsed.GetValue(run)!);
                var result = await client.StartRolloutAsync(
                    CliName.Read<ChannelName>(parsed.GetValue(channel)!), model, version, cancellationToken);
                terminal.Say(result.Message);
                terminal.Result(result);
            });
    }

    private static Command Build(string name, string description, IReadOnlyList<Option> options, Func<ParseResult, string> action)
    {
        var channel = Channel();
        var reason = new Option<string?>("--reason") { Description = "Why; shown wherever the rollout is shown", HelpName = "TEXT" };
        return ClientCommand.Build(
            name, description, [channel], [reason, .. options],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var result = await client.CommandAsync(
                    CliName.Read<ChannelName>(parsed.GetValue(channel)!), action(parsed), parsed.GetValue(reason), cancellationToken);
                terminal.Say(result.Message);
                terminal.Result(result);
            });
    }

    private static Argument<string> Channel() =>
        new("channel") { Description = "Channel (the model's name unless slmops.json says otherwise)" };
}
