using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Channels;

namespace SlmOps.EndToEnd.Tests;

/// <summary>What stops a rollout and what does not.</summary>
public sealed class RolloutTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    [Fact]
    public async Task Device_SilentWithTheReleaseInCharge_HaltsTheRollout()
    {
        await using var silent = await SimulatedDevice.StartAsync(
            _platform, "silent-1", "silent", lab: true, conduct: Conduct.FallsSilentInCharge);
        await using var next = await SimulatedDevice.StartAsync(_platform, "silent-2", "silent");
        var upload = Models.Mlp("silent", "1", 401, "int8").WithManifest(manifest => manifest["rollout"]!["deadlineSeconds"] = 5);

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.RollingBack);

        // It may run the release yet, so nobody says that all is as before.
        Assert.StartsWith(
            "1 of 1 devices silent for 5 s with the release in charge: silent-1 (ACTIVATING", status.Rollout!.Reason,
            StringComparison.Ordinal);
        Assert.Equal("ErrorThreshold", status.Rollout.ReasonCode);
        Assert.Equal([RingState.Error, RingState.Scheduled], status.Rollout.Rings.Select(ring => ring.State));
        Assert.Empty(next.Reported);
    }

    [Fact]
    public async Task Device_SilentBeforeThat_IsNoEvidenceAndAPersonIsAsked()
    {
        await using var silent = await SimulatedDevice.StartAsync(
            _platform, "early-1", "early", lab: true, conduct: Conduct.FallsSilentEarly);
        await using var next = await SimulatedDevice.StartAsync(_platform, "early-2", "early");
        var upload = Models.Mlp("early", "1", 405, "int8").WithManifest(manifest => manifest["rollout"]!["deadlineSeconds"] = 5);

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.Paused);
        Assert.StartsWith("no verdict from 1 devices; 1 behind: early-1 (VERIFIED", status.Rollout!.Reason, StringComparison.Ordinal);
        Assert.Empty(next.Reported);

        var skipped = await _platform.Client.CommandAsync("early", "skip", "it was switched off", TestContext.Current.CancellationToken);
        Assert.True(skipped.Done, skipped.Message);
        status = await _platform.UntilAsync(upload, RunState.Finished);
        Assert.Equal("skipped: it was switched off", status.Rollout!.Rings[0].Reason);
        Assert.Contains((status.ReleaseDigest, DeviceState.Committed), next.Reported);
    }

    [Fact]
    public async Task Device_Fails_HaltsTheRollout()
    {
        await using var failing = await SimulatedDevice.StartAsync(
            _platform,
            "failing-1",
            "failing",
            lab: true,
            conduct: Conduct.FailsAndGoesBack);
        await using var next = await SimulatedDevice.StartAsync(_platform, "failing-2", "failing");
        var upload = Models.Mlp("failing", "1", 402, "int8");

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.RolledBack);

        Assert.Contains("failing-1 (FAILED_ROLLBACK_COMPLETE, unhealthy: It was unhealthy.", status.Rollout!.Reason, StringComparison.Ordinal);
        Assert.Empty(next.Reported);
        Assert.Single(await _platform.EventsAsync(EventTypes.RolledBack, "rollouts/failing@"));
        Assert.Empty(await _platform.EventsAsync(EventTypes.RolloutCompleted, "rollouts/failing@"));
    }

    [Fact]
    public async Task Device_FailsInALaterRing_DevicesOfEarlierRingsGoBackToo()
    {
        await using var first = await SimulatedDevice.StartAsync(_platform, "late-1", "late", lab: true);
        await using var failing = await SimulatedDevice.StartAsync(_platform, "late-2", "late", conduct: Conduct.FailsAndGoesBack);
        var upload = Models.Mlp("late", "1", 403, "int8");

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.RolledBack);

        Assert.Equal([RingState.Finished, RingState.Error], status.Rollout!.Rings.Select(ring => ring.State));
        Assert.Contains((status.ReleaseDigest, DeviceState.Committed), first.Reported);
        Assert.True(first.Active.IsEmpty);
        Assert.Equal(DeviceState.FailedRollbackComplete, first.Reported[^1].State);
    }

    [Fact]
    public async Task Device_TooLittleMemory_IsNoVerdictOnTheRelease()
    {
        await using var tiny = await SimulatedDevice.StartAsync(_platform, "tiny-1", "tiny", ram: 1, lab: true);
        await using var able = await SimulatedDevice.StartAsync(_platform, "tiny-2", "tiny", lab: true);
        var upload = Models.Mlp("tiny", "1", 404, "int8");

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.Finished);

        Assert.Equal(DeviceState.Rejected, status.Devices.Single(device => device.Id == "tiny-1").State);
        Assert.Equal(DeviceState.Committed, status.Devices.Single(device => device.Id == "tiny-2").State);
    }
}
