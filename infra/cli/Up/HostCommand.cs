using System.CommandLine;
using SlmOps.Local;

namespace SlmOps.Cli.Up;

/// <summary><c>slmops host</c>: only the functions host, over the pipeline's own app or over any other.</summary>
internal static class HostCommand
{
    internal static Command Build()
    {
        var folder = new Argument<string?>("folder")
        {
            Description =
                "Build output of any isolated app with queue, timer and HTTP triggers; its local.settings.json gives the settings. Left "
                    + "out: the pipeline's own app",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var data = new ConnectionOptions().Data;
        var lease = new Option<int>("--lease")
        {
            Description = "Seconds until a message of a host that died is taken up again",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 30,
        };
        var port = new Option<int>("--port")
        {
            Description = "Port of HTTP triggers of another app; a taken one becomes any free one",
            HelpName = "PORT",
            DefaultValueFactory = _ => 7071,
        };
        var command = new Command(
            "host",
            "Run only a functions host, in a process of its own, until Ctrl+C: beside a platform that was started with --host none, or "
                + "over any other built app."
        )
        {
            folder, data, lease, port,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                Guard.RunAsync(() =>
                    RunAsync(
                        parsed.GetValue(folder),
                        parsed.GetValue(data)!,
                        parsed.GetValue(port),
                        TimeSpan.FromSeconds(parsed.GetValue(lease)),
                        cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string? folder, string data, int port, TimeSpan lease, CancellationToken cancellationToken)
    {
        var terminal = Terminal.Open(json: false);
        await using var host = folder is null
            ? await FunctionsHostOnly
                .StartAsync(
                    PlatformStart.Options(data, UpCommand.LogToScreen) with
                    {
                        QueueLease = lease,
                    },
                    TimeProvider.System,
                    cancellationToken)

            : await FunctionsHostOnly
                .StartAppAsync(folder, data, port, lease, UpCommand.LogToScreen, TimeProvider.System, cancellationToken);
        terminal.Say(host.Table);
        terminal.Say($"functions      {host.Url}   worker process {host.WorkerProcessId}. Ctrl+C stops both.");
        try
        {
            await host.Completion.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            terminal.Say("Stopping.");
            await host.StopAsync();
        }

        return ExitCode.Done;
    }
}
