using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SlmOps.Local;

namespace SlmOps.Cli.Up;

/// <summary><c>slmops up</c>: the whole system on this machine until Ctrl+C.</summary>
internal static class UpCommand
{
    internal static Command Build()
    {
        var data = new ConnectionOptions().Data;
        var json = new Option<bool>("--json")
        {
            Description = "Print every URL and connection string as JSON on standard output once it is up",
        };
        var host = new Option<string>("--host")
        {
            Description =
                "What runs the functions: built-in, the Azure Functions Core Tools (core-tools), or nothing here (none; `slmops host` "
                    + "runs them then)",
            HelpName = "HOST",
            DefaultValueFactory = _ => HostMode.BuiltIn,
        };
        host.AcceptOnlyFromAmong(HostMode.All);
        var closed = new Option<bool>("--private")
        {
            Description =
                "Give the storage account a random key of this data folder, so that no other user of the machine can read or write it; "
                + "without it storage takes the emulator's well-known key, which every Azure tool knows",
        };
        var command = new Command("up", "Run the local platform until Ctrl+C: Azurite, Event Grid emulator and the functions, all on "
            + "loopback.") { data, json, host, closed };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            await NodeModules.EnsureAsync(terminal, cancellationToken);
            var mode = parsed.GetValue(host)!;
            await using var platform = await LocalPlatform.StartAsync(
                PlatformStart.Options(parsed.GetValue(data)!, LogToScreen) with
                {
                    WithFunctions = mode == HostMode.BuiltIn,
                    PrivateStorage = parsed.GetValue(closed),
                },
                TimeProvider.System, cancellationToken);
            var connection = PlatformStart.Announce(platform);
            try
            {
                await using var other = HostMode.Start(mode, platform, terminal.Say);
                Describe(terminal, platform);
                terminal.Result(connection);
                var ended = other?.Ended ?? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                if (await Task.WhenAny(platform.Completion, ended).WaitAsync(cancellationToken) == other?.Ended)
                {
                    throw new CliException($"func ended with exit code {other.ExitCode}; what it wrote stands above.");
                }

                await platform.Completion;
                return ExitCode.Done;
            }
            catch (OperationCanceledException)
            {
                terminal.Say("Stopping.");
                await platform.StopAsync();
                return ExitCode.Done;
            }
            finally
            {
                PlatformStart.Withdraw(platform.DataFolder);
            }
        }));
        return command;
    }

    internal static void Describe(Terminal terminal, LocalPlatform platform)
    {
        var endpoints = platform.Endpoints;
        terminal.Say(platform.FunctionTable.Length > 0 ? platform.FunctionTable : "No functions run here.");
        terminal.Say($"functions      {endpoints.FunctionsUrl}api/v1/   Authorization: Bearer {endpoints.OperatorKey}");
        terminal.Say($"events         {endpoints.EventGridTopicEndpoint}   aeg-sas-key: {endpoints.EventGridKey}");
        terminal.Say($"health         {endpoints.FrontUrl}healthz   metrics: {endpoints.FrontUrl}metrics");
        terminal.Say($"data           {platform.DataFolder}");
        terminal.Say($"storage        {endpoints.StorageConnectionString}");
        terminal.Say("Drop a model into container `drop`, or: slmops push <file or folder>. Ctrl+C stops everything.");
    }

    internal static void LogToScreen(ILoggingBuilder logging) => logging
        .AddFilter<ConsoleLoggerProvider>("SlmOps.Local", LogLevel.Warning)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
}
