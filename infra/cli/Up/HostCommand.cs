using System.CommandLine;
using SlmOps.Local;

namespace SlmOps.Cli.Up;

/// <summary><c>slmops host</c>: the functions alone, beside a platform that was started without them.</summary>
internal static class HostCommand
{
    internal static Command Build()
    {
        var data = new ConnectionOptions().Data;
        var lease = new Option<int>("--lease")
        {
            Description = "Seconds until a message of a host that died is taken up again",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 30,
        };
        var command = new Command("host", "Run only the functions, in a process of their own, against a platform that runs in the data folder.") { data, lease };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var options = PlatformStart.Options(parsed.GetValue(data)!) with { QueueLease = TimeSpan.FromSeconds(parsed.GetValue(lease)) };
            await using var host = await FunctionsHostOnly.StartAsync(options, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            Terminal.Open(json: false).Say(host.Table);
            try
            {
                await host.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await host.StopAsync().ConfigureAwait(false);
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
