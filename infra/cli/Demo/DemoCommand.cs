using System.CommandLine;
using System.Diagnostics;
using Azure.Storage.Blobs;
using SlmOps.Cli.Agent;
using SlmOps.Cli.Push;
using SlmOps.Cli.Up;
using SlmOps.Cli.Watch;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Local;

namespace SlmOps.Cli.Demo;

/// <summary><c>slmops demo</c>: the main job, from an upload to devices that run it.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan FleetPatience = TimeSpan.FromSeconds(60);

    internal static Command Build()
    {
        var agents = new Option<int>("--agents")
        {
            Description = "Devices to start, 1 to 30",
            HelpName = "N",
            DefaultValueFactory = _ => 3,
        };
        var keep = new Option<bool>("--keep") { Description = "Leave everything running until Ctrl+C" };
        var arm = new Option<bool>(DemoArm.Option)
        {
            Description = "Also start an emulated arm64 device, and go on with a second release, which comes by delta, and the way back; "
                + "infra/lab/install.sh installs what that takes",
        };
        var json = new Option<bool>("--json") { Description = "Print the outcome as JSON on standard output" };
        var data = new ConnectionOptions().Data;
        data.DefaultValueFactory = _ => Path.Combine(ConnectionOptions.DefaultData(), "demo");
        var command = new Command(
            "demo",
            "Do the main job once: start the platform and three different devices, upload the sample model, follow it onto every device. "
                + "Exit code 0 only if every device runs a verified variant that its hardware can hold."
        )
        {
            agents, arm, keep, json, data,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                Guard.RunAsync(() =>
                    RunAsync(
                        Terminal.Open(parsed.GetValue(json)),
                        parsed.GetValue(data)!,
                        parsed.GetValue(agents),
                        parsed.GetValue(arm),
                        parsed.GetValue(keep),
                        cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, string data, int agents, bool withArm, bool keep, CancellationToken cancellationToken)
    {
        if (agents is < 1 or > 30)
        {
            throw new CliException("--agents takes 1 to 30.", ExitCode.Usage);
        }

        IReadOnlyList<AgentProfile> devices = withArm
            ? [.. DemoProfiles.Make(agents), await DemoArm.ProfileAsync(terminal, cancellationToken)]
            : DemoProfiles.Make(agents);
        var clock = Stopwatch.StartNew();
        await NodeModules.EnsureAsync(terminal, cancellationToken);
        DemoFolder.Clear(data);
        await using var platform = await LocalPlatform.StartAsync(
            PlatformStart.Options(data), TimeProvider.System, cancellationToken);
        try
        {
            var connection = PlatformStart.Announce(platform);
            terminal.Say(
                $"{clock.Elapsed.TotalSeconds,7:0.0} s  platform   up             {connection.EventsUrl} · "
                    + $"{connection.FunctionsUrl}api/v1/ · data in {platform.DataFolder}"
            );
            var plan = PushFiles.Of(Installation.Sample(), null, null);
            await using var fleet = new DemoFleet();
            fleet.Start(connection, ChannelName.Of(plan.Model), devices, Path.Combine(data, "devices"));
            using var client = new OperatorClient(connection);
            await WaitForFleetAsync(client, ChannelName.Of(plan.Model), devices.Count, cancellationToken);
            terminal.Say($"{clock.Elapsed.TotalSeconds,7:0.0} s  fleet      {devices.Count} devices");
            var health = Task.WhenAny(platform.Completion, fleet.WatchAsync()).Unwrap();
            var (outcome, status) = await DeliverAsync(
                terminal, connection, client, plan, devices.Count, clock, health, cancellationToken);
            if (withArm && outcome == ExitCode.Done)
            {
                outcome = await GoOnAsync(
                    terminal, new DemoSequel(terminal, client, clock, health).RunAsync(connection, status, data, cancellationToken));
            }
            else if (!withArm && DemoArm.Hint() is { } hint)
            {
                terminal.Say(hint);
            }

            if (keep)
            {
                terminal.Say("Everything stays up until Ctrl+C.");
                UpCommand.Describe(terminal, platform);
                await platform
                    .Completion.WaitAsync(cancellationToken)
                    .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            return outcome;
        }
        finally
        {
            PlatformStart.Withdraw(platform.DataFolder);
            await platform.StopAsync();
        }
    }

    private static async Task<int> GoOnAsync(Terminal terminal, Task<string?> sequel)
    {
        if (await sequel is not { } fault)
        {
            return ExitCode.Done;
        }

        terminal.Fail(fault);
        return ExitCode.Failed;
    }

    private static async Task<(int Code, RunStatus Status)> DeliverAsync(
        Terminal terminal, Connection connection, OperatorClient client, PushFiles plan, int agents, Stopwatch clock,
        Task health, CancellationToken cancellationToken)
    {
        var upload = Stopwatch.StartNew();
        await new Uploader(new BlobServiceClient(connection.StorageConnectionString), terminal, TimeProvider.System)
            .RunAsync(plan, cancellationToken);
        var uploadMs = upload.ElapsedMilliseconds;
        var status = await new RunWatcher(client, terminal, TimeProvider.System)
            .FollowAsync(plan.Model, plan.Version!.Value, clock, health, cancellationToken);
        var outcome = DemoOutcome.From(status, uploadMs, clock.ElapsedMilliseconds);
        RunTables.Show(terminal, status);
        terminal.Say(
            "took  "
                + string.Join(" · ", outcome.StagesMs.Select(stage => $"{stage.Key} {stage.Value / 1000.0:0.0} s"))
                + $" · in all {outcome.ElapsedMs / 1000.0:0.0} s");
        terminal.Result(outcome);
        if (DemoOutcome.Fault(status, agents) is { } fault)
        {
            terminal.Fail(fault);
            return (ExitCode.Failed, status);
        }

        return (ExitCode.Done, status);
    }

    /// <summary>Rings are cut from the devices that are known, so the fleet says hello first.</summary>
    private static async Task WaitForFleetAsync(OperatorClient client, ChannelName channel, int agents, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(FleetPatience);
        try
        {
            while ((await client.DevicesAsync(channel, patience.Token)).Count < agents)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(
                $"Not all {agents} devices reported within {FleetPatience.TotalSeconds} s; their logs are in the data folder.");
        }
    }
}
