using System.CommandLine;
using System.Diagnostics;

namespace SlmOps.Cli.Agent;

/// <summary><c>slmops agent</c>: one agent against the running system.</summary>
internal static class AgentCommand
{
    internal static Command Build()
    {
        var channel = new Option<string?>("--channel")
        {
            Description = "Channel to follow (default: the only one there is)",
            HelpName = "NAME",
        };
        var more = new Argument<string[]>("options")
        {
            Description = "Further options of the agent, after --",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var connection = new ConnectionOptions();
        var command = new Command(
            "agent",
            "Run one agent against the local platform until Ctrl+C. Its own options follow --, such as: slmops agent -- --memory 64MiB "
                + "--label site=lab. `slmops agent -- --help` lists them."
        )
        {
            channel, more,
        };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var own = parsed.GetValue(more) ?? [];
            if (own.Contains("--help") || own.Contains("--version") || own.Contains("--self-test"))
            {
                return await RunAsync(own, null, cancellationToken);
            }

            var found = Connection.Find(connection, parsed);
            List<(string Option, string Value)> defaults =
            [
                ("--url", found.FunctionsUrl.ToString()),
                        ("--trust", found.TrustFile),
                        ("--data", Path.Combine(parsed.GetValue(connection.Data)!, "agent")),
                    ];
            if (!Gives(own, "--channel"))
            {
                defaults.Add(
                    (
                        "--channel",
                        parsed.GetValue(channel) ?? await OnlyChannelAsync(found, cancellationToken)));
            }
            else if (parsed.GetValue(channel) is not null)
            {
                throw new CliException("--channel stands both before and after --; give it once.", ExitCode.Usage);
            }

            return await RunAsync(WithDefaults(defaults, own), TokenFor(own, found), cancellationToken);
        }));
        return command;
    }

    /// <summary>The agent's own options go before what this command knows.</summary>
    internal static IReadOnlyList<string> WithDefaults(IEnumerable<(string Option, string Value)> defaults, IReadOnlyList<string> own) =>
        [.. defaults.Where(known => !Gives(own, known.Option)).SelectMany(known => (string[])[known.Option, known.Value]), .. own];

    /// <summary>None where the agent has a file with one, or where this command knows none: then its environment may have one.</summary>
    private static string? TokenFor(IReadOnlyList<string> own, Connection connection) =>
        Gives(own, "--token-file") || connection.EnrolmentToken.Length == 0 ? null : connection.EnrolmentToken;

    /// <summary><c>--option value</c> or <c>--option=value</c>.</summary>
    private static bool Gives(IReadOnlyList<string> own, string option) =>
        own.Any(argument => argument == option || argument.StartsWith(option + "=", StringComparison.Ordinal));

    private static async Task<int> RunAsync(IReadOnlyList<string> arguments, string? token, CancellationToken cancellationToken)
    {
        using var process = Process.Start(AgentProcess.StartInfo(arguments, token))
            ?? throw new CliException("The agent could not be started.");
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C reached the agent too; it ends by itself.
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return process.ExitCode;
    }

    private static async Task<string> OnlyChannelAsync(Connection connection, CancellationToken cancellationToken)
    {
        using var client = new OperatorClient(connection);
        var channels = await client.ChannelsAsync(cancellationToken);
        return channels.Count switch
        {
            1 => channels[0].Channel,
            0 => throw new CliException(
                "There is no channel yet. Push a model first, or name the channel to wait for with --channel.",
                ExitCode.Usage),
            _ => throw new CliException(
                $"Name one with --channel: {string.Join(", ", channels.Select(channel => channel.Channel))}.",
                ExitCode.Usage),
        };
    }
}
