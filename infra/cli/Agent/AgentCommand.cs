using System.CommandLine;
using System.Diagnostics;

namespace SlmOps.Cli.Agent;

/// <summary><c>slmops agent</c>: one agent against the running system.</summary>
internal static class AgentCommand
{
    internal static Command Build()
    {
        var channel = new Option<string?>("--channel") { Description = "Channel to follow (default: the only one there is)", HelpName = "NAME" };
        var more = new Argument<string[]>("options") { Description = "Further options of the agent, after --", Arity = ArgumentArity.ZeroOrMore };
        var connection = new ConnectionOptions();
        var command = new Command("agent", "Run one agent against the local platform until Ctrl+C. Its own options follow --, such as: slmops agent -- --memory 64MiB --label site=lab. `slmops agent -- --help` lists them.")
        {
            channel, more,
        };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var own = parsed.GetValue(more) ?? [];
            if (own.Contains("--help") || own.Contains("--version") || own.Contains("--self-test"))
            {
                return await RunAsync(own, cancellationToken).ConfigureAwait(false);
            }

            var found = Connection.Find(connection, parsed);
            var followed = parsed.GetValue(channel) ?? await OnlyChannelAsync(found, cancellationToken).ConfigureAwait(false);
            var data = Path.Combine(parsed.GetValue(connection.Data)!, "agent");
            List<string> arguments =
            [
                "--url", found.FunctionsUrl.ToString(), "--key", found.FunctionsKey, "--trust", found.TrustFile,
                "--channel", followed,
            ];
            if (!own.Contains("--data"))
            {
                arguments.AddRange(["--data", data]);
            }

            return await RunAsync([.. arguments, .. own], cancellationToken).ConfigureAwait(false);
        }));
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(AgentProcess.StartInfo(arguments))
            ?? throw new CliException("The agent could not be started.");
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C reached the agent too; it ends by itself.
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return process.ExitCode;
    }

    private static async Task<string> OnlyChannelAsync(Connection connection, CancellationToken cancellationToken)
    {
        using var client = new OperatorClient(connection);
        var channels = await client.ChannelsAsync(cancellationToken).ConfigureAwait(false);
        return channels.Count switch
        {
            1 => channels[0].Channel,
            0 => throw new CliException("There is no channel yet. Push a model first, or name the channel to wait for with --channel.", ExitCode.Usage),
            _ => throw new CliException($"Name one with --channel: {string.Join(", ", channels.Select(channel => channel.Channel))}.", ExitCode.Usage),
        };
    }
}
