using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>
/// What happens to devices that live somewhere (slow lines, power switches, lost folders, clones) with the agent's own program:
/// it undoes no good release.
/// </summary>
public sealed class OrdinaryLifeTests(SharedPlatform shared)
{
    // In seconds; long enough for a device that is at work on a busy machine.
    private const int Deadline = 600;
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SlowLine_OneDeviceIsBehindAtTheDeadline_TheOthersKeepWhatTheyCommitted()
    {
        using var folder = new Folder();
        await using var line = await SlowLine.StartAsync(_platform);
        await using var one = new RealDevice(_platform, "slow-1", "slow", folder).Start();
        await using var two = new RealDevice(_platform, "slow-2", "slow", folder).Start();
        await using var slow = new RealDevice(_platform, "slow-3", "slow", folder) { Url = line.Url }.Start();
        await KnownAsync("slow", 3);

        var upload = Release("slow", "1");
        await _platform.UploadAsync(upload);
        await line.File.WaitAsync(Cancelled);
        await CommittedAsync("slow", 2);
        await Hour.PassesForRingAsync(_platform, "slow", "slow@1");
        var status = await _platform.UntilAsync(upload, RunState.Finished);

        Assert.StartsWith("2 of 3 devices committed", status.Rollout!.Rings[0].Reason, StringComparison.Ordinal);
        Assert.Contains("slow-3 (", status.Rollout.Rings[0].Reason, StringComparison.Ordinal);
        await NothingIsWithdrawnAsync("slow");
        await line.FreeAsync();
        await AllRunAsync("slow", status, 3);
    }

    [Fact]
    public async Task Killed_WhileItDownloads_IsNoEvidence()
    {
        using var folder = new Folder();
        await using var line = await SlowLine.StartAsync(_platform);
        await using var one = new RealDevice(_platform, "killed-1", "killed", folder).Start();
        await using var killed = new RealDevice(_platform, "killed-2", "killed", folder) { Url = line.Url }.Start();
        await KnownAsync("killed", 2);

        var upload = Release("killed", "1");
        await _platform.UploadAsync(upload);
        await line.File.WaitAsync(Cancelled);
        await killed.KillAsync();
        await CommittedAsync("killed", 1);
        await Hour.PassesForRingAsync(_platform, "killed", "killed@1");
        var status = await _platform.UntilAsync(upload, RunState.Finished);

        Assert.StartsWith("1 of 2 devices committed", status.Rollout!.Rings[0].Reason, StringComparison.Ordinal);
        Assert.Contains("killed-2 (", status.Rollout.Rings[0].Reason, StringComparison.Ordinal);
        await NothingIsWithdrawnAsync("killed");
        await line.FreeAsync();
        killed.Start();
        await AllRunAsync("killed", status, 2);
    }

    [Fact]
    public async Task FirstDevice_ComesAfterTheDeadline_HasItsTime()
    {
        using var folder = new Folder();
        var upload = Release("unmanned", "1");
        await _platform.UploadAsync(upload);
        await _platform.UntilAsync("unmanned", "1", "open", seen => seen.Rollout?.Rings[0].StartedAt is not null);
        await Hour.PassesForRingAsync(_platform, "unmanned", "unmanned@1");

        await using var first = new RealDevice(_platform, "unmanned-1", "unmanned", folder).Start();
        var status = await _platform.UntilAsync(upload, RunState.Finished);

        Assert.StartsWith("1 of 1 devices committed", status.Rollout!.Rings[0].Reason, StringComparison.Ordinal);
        await AllRunAsync("unmanned", status, 1);
    }

    [Fact]
    public async Task TwoAgents_UnderOneId_AreNoticedAndNeitherCounts()
    {
        using var folder = new Folder();
        await using var one = new RealDevice(_platform, "twin-1", "twins", folder).Start();
        await using var two = new RealDevice(_platform, "twin-1", "twins", folder) { Data = folder.Of("clone") }.Start();

        await Wait.ForAsync(
            "the conflict to be seen",
            () => _platform.Client.DevicesAsync("twins", Cancelled),
            fleet => fleet is [{ Conflict: true }],
            fleet => $"{Show(fleet)}: {one.Said} {two.Said}");

        await Wait.ForAsync(
            "the conflict as an event",
            () => _platform.EventsAsync(EventTypes.DeviceConflict), found => found.Count > 0, _ => "none");
        var upload = Release("twins", "1");
        await _platform.UploadAsync(upload);
        await CommittedAsync("twins", 1);
        await Hour.PassesForRingAsync(_platform, "twins", "twins@1");
        var status = await _platform.UntilAsync(upload, RunState.Paused);

        Assert.Contains("twin-1 (two agents report under this id)", status.Rollout!.Reason, StringComparison.Ordinal);
        await NothingIsWithdrawnAsync("twins");
    }

    [Fact]
    public async Task Hotfix_DeviceSoaksWhatItSupersedes_ReachesItAndTheWayBackIsTheStableOne()
    {
        using var folder = new Folder();
        await using var device = new RealDevice(_platform, "fix-1", "fix", folder).Start();
        var stable = await RolledOutAsync(Release("fix", "1"));
        var bad = Release("fix", "2", soak: 3600);
        await _platform.UploadAsync(bad);
        var second = await _platform.UntilAsync("fix", "2", "soaking", seen => seen.Devices is [{ State: DeviceState.Soaking }]);
        var hotfix = Release("fix", "3", soak: 3600);
        await _platform.UploadAsync(hotfix);
        var third = await _platform.UntilAsync(
            "fix", "3", "soaking", seen => seen.Devices is [{ State: DeviceState.Soaking } soaking] && Runs(seen, soaking));
        Assert.Equal(RunState.Superseded, (await _platform.Client.ModelAsync("fix", "2", Cancelled))!.State);

        await _platform.Client.CommandAsync("fix", "rollback", "it is no better", Cancelled);
        var back = await _platform.UntilAsync(hotfix, RunState.RolledBack);

        var on = Assert.Single(back.Devices);
        Assert.True(Runs(stable, on), $"{Show(back.Devices)}; {device.Said}");
        Assert.DoesNotContain(second.Variants, variant => variant.Digest == on.Active);
        Assert.DoesNotContain(third.Variants, variant => variant.Digest == on.Active);
    }

    [Fact]
    public async Task Push_OfWhatWasRolledBack_SaysWhatItIsAndStartRollsItOutAgain()
    {
        using var folder = new Folder();
        await using var device = new RealDevice(_platform, "offered-1", "offered", folder).Start();
        var stable = await RolledOutAsync(Release("offered", "1"));
        var upload = Release("offered", "2");
        await RolledOutAsync(upload);
        await _platform.Client.CommandAsync("offered", "rollback", "it seemed bad", Cancelled);
        var back = await _platform.UntilAsync("offered", "2", "rolled back", seen => seen.State == RunState.RolledBack);
        Assert.True(Runs(stable, Assert.Single(back.Devices)), Show(back.Devices));
        var files = Directory.CreateDirectory(folder.Of("files")).FullName;
        foreach (var (path, bytes) in upload.Files)
        {
            await File.WriteAllBytesAsync(Path.Combine(files, path), bytes, Cancelled);
        }

        var (pushed, _, refusal) = await CliProcess.RunAsync(
            "push", files, "--name", "offered", "--version", "2", "--data", _platform.DataFolder);
        var (started, said, error) = await CliProcess.RunAsync(
            "rollout", "start", "offered", "offered/2", "--data", _platform.DataFolder);

        Assert.Equal(1, pushed);
        Assert.Contains("offered/2 exists already and is ROLLED_BACK; nothing was done", refusal, StringComparison.Ordinal);
        Assert.True(started == 0, said + error);
        var second = await Wait.ForAsync(
            "another rollout to finish",
            () => _platform.Client.ModelAsync("offered", "2", Cancelled),
            seen => seen!.State == RunState.Finished,
            seen => $"{seen?.State} {seen?.Rollout?.Reason} {Show(seen!.Devices)}");
        Assert.NotEqual(back.Rollout!.Id, second!.Rollout!.Id);
        await AllRunAsync("offered", second, 1);
    }

    [Fact]
    public async Task Folder_Lost_IsANewLifeThatCounts()
    {
        using var folder = new Folder();
        await using var device = new RealDevice(_platform, "lost-1", "lost", folder).Start();
        await RolledOutAsync(Release("lost", "1"));
        await device.StopAsync();
        Directory.Delete(device.Data, recursive: true);

        device.Start();
        var status = await RolledOutAsync(Release("lost", "2"));

        Assert.StartsWith("1 of 1 devices committed", status.Rollout!.Rings[0].Reason, StringComparison.Ordinal);
        await AllRunAsync("lost", status, 1);
        Assert.False(Assert.Single(status.Devices).Conflict);
    }

    [Fact]
    public async Task Restarted_WithAnotherChannel_LeavesTheOldOne()
    {
        using var folder = new Folder();
        await using var stays = new RealDevice(_platform, "moves-1", "moves", folder).Start();
        await using var moves = new RealDevice(_platform, "moves-2", "moves", folder).Start();
        await KnownAsync("moves", 2);

        await moves.StopAsync();
        moves.Channel = "moved";
        moves.Start();
        await KnownAsync("moved", 1);
        await KnownAsync("moves", 1);
        var status = await RolledOutAsync(Release("moves", "1"));

        Assert.StartsWith("1 of 1 devices committed", status.Rollout!.Rings[0].Reason, StringComparison.Ordinal);
        Assert.Equal("moves-1", Assert.Single(status.Devices).Id);
    }

    [Fact]
    public async Task SmokeTest_KilledOnce_IsTriedAgainAndCondemnsNothing()
    {
        using var folder = new Folder();
        var script = folder.Of("once.sh");
        await File.WriteAllTextAsync(
            script,
            $"""
            if [ ! -e "{folder.Of("killed")}" ]; then touch "{folder.Of("killed")}"; kill -KILL $$; fi
            exec "$@"
            """,
            Cancelled);
        await using var device = new RealDevice(_platform, "oom-1", "oom", folder) { Launcher = $"sh {script}" }.Start();
        await KnownAsync("oom", 1);

        var upload = Release("oom", "1");
        await _platform.UploadAsync(upload);
        var failed = await _platform.UntilAsync(
            "oom", "1", "interrupted once", seen => seen.Devices is [{ State: DeviceState.FailedNoStateChange }]);
        Assert.Equal(RolloutState.Running, failed.Rollout!.State);
        Assert.Contains("smoke test", Assert.Single(failed.Devices).Reason, StringComparison.Ordinal);

        // It would try by itself, a minute or two later.
        await device.RetryAsync();
        var status = await _platform.UntilAsync(upload, RunState.Finished);
        await AllRunAsync("oom", status, 1);
    }

    [Fact]
    public async Task Canary_FleetOfRetiredDevices_IsTheOneThatLives()
    {
        using var folder = new Folder();
        for (var number = 1; number <= 5; number++)
        {
            await (await SimulatedDevice.StartAsync(_platform, $"retired-{number}", "retired")).DisposeAsync();
        }

        await Hour.PassesForDevicesAsync(_platform, "retired");
        await using var device = new RealDevice(_platform, "alive-1", "retired", folder).Start();
        await KnownAsync("retired", 6);
        var upload = Release("retired", "1").WithManifest(manifest =>
            manifest["rollout"]!["rings"] = JsonNode.Parse(
                """[ { "name": "canary", "fraction": 0.1 }, { "name": "all" } ]"""));

        var status = await RolledOutAsync(upload);

        // Who is retired may be in the ring by its place; nobody waits for it.
        Assert.StartsWith("1 of ", status.Rollout!.Rings[0].Reason, StringComparison.Ordinal);
        Assert.Equal("alive-1", Assert.Single(status.Devices, one => one.State == DeviceState.Committed).Id);
    }

    /// <summary>One variant as it was uploaded, for all devices at once.</summary>
    internal static Upload Release(string name, string version, int soak = 0) =>
        Models.Mlp(name, version, Convert.ToInt32(Digest.Of(Upload.Text($"{name}/{version}")).Hex[..7], 16), "fp32").WithManifest(manifest =>
        {
            manifest["variants"]![0]!["recipe"] = "original";
            manifest["rollout"]!["rings"] = JsonNode.Parse("""[ { "name": "all" } ]""");
            manifest["rollout"]!["deadlineSeconds"] = Deadline;
            manifest["rollout"]!["soakSeconds"] = soak;
        });

    private async Task<RunStatus> RolledOutAsync(Upload upload)
    {
        await _platform.UploadAsync(upload);
        return await _platform.UntilAsync(upload, RunState.Finished);
    }

    private Task<IReadOnlyList<DeviceStatus>> KnownAsync(ChannelName channel, int devices) => Wait.ForAsync(
        $"{devices} devices in {channel}",
        () => _platform.Client.DevicesAsync(channel, Cancelled),
        fleet => fleet.Count == devices && fleet.All(device => device.Inventory is not null),
        Show);

    private Task<IReadOnlyList<DeviceStatus>> AllRunAsync(ChannelName channel, RunStatus run, int devices) => Wait.ForAsync(
        $"{devices} devices to run {run.Model}/{run.Version}",
        () => _platform.Client.DevicesAsync(channel, Cancelled),
        fleet => fleet.Count == devices && fleet.All(device => device.State == DeviceState.Committed && Runs(run, device)),
        Show);

    private Task<IReadOnlyList<DeviceStatus>> CommittedAsync(ChannelName channel, int devices) => Wait.ForAsync(
        $"{devices} devices to commit",
        () => _platform.Client.DevicesAsync(channel, Cancelled),
        fleet => fleet.Count(device => device.State == DeviceState.Committed) == devices,
        Show);

    private async Task NothingIsWithdrawnAsync(ChannelName channel) =>
        Assert.Empty((await _platform.Client.ChannelsAsync(Cancelled)).Single(one => one.Channel == channel).Withdrawn);

    private static bool Runs(RunStatus run, DeviceStatus device) => run.Variants.Any(variant => variant.Digest == device.Active);

    private static string Show(IReadOnlyList<DeviceStatus> fleet) => string.Join(
        ", ", fleet.Select(device => $"{device.Id} {device.State} {device.Active} {device.Conflict} {device.Reason} {device.Hold?.Reason}"));
}
