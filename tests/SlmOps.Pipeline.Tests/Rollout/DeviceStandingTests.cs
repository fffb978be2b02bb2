using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

public sealed class DeviceStandingTests
{
    private const int Deadline = 1800;

    [Theory]
    [InlineData(DeviceState.Pending, "AtWork", "Behind")]
    [InlineData(DeviceState.Retrieved, "AtWork", "Behind")]
    [InlineData(DeviceState.Downloading, "AtWork", "Behind")]
    [InlineData(DeviceState.DownloadPaused, "AtWork", "Behind")]
    [InlineData(DeviceState.Downloaded, "AtWork", "Behind")]
    [InlineData(DeviceState.Verified, "AtWork", "Behind")]
    [InlineData(DeviceState.Staged, "AtWork", "Behind")]
    [InlineData(DeviceState.SmokeTesting, "AtWork", "Behind")]
    [InlineData(DeviceState.WindowWait, "AtWork", "Behind")]
    [InlineData(DeviceState.Activating, "Watching", "Silent")]
    [InlineData(DeviceState.Soaking, "Watching", "Silent")]
    [InlineData(DeviceState.Committed, "Committed", "Committed")]
    [InlineData(DeviceState.RollingBack, "Failed", "Failed")]
    [InlineData(DeviceState.FailedNoStateChange, "Failed", "Failed")]
    [InlineData(DeviceState.FailedRollbackComplete, "Failed", "Failed")]
    [InlineData(DeviceState.FailedUnableToRollback, "Failed", "Failed")]
    [InlineData(DeviceState.Rejected, "Failed", "Failed")]
    [InlineData(DeviceState.AlreadyInstalled, "Committed", "Committed")]
    [InlineData(DeviceState.Superseded, "AtWork", "Behind")]
    public void Of_EachState_HasAStandingThatSilenceChanges(DeviceState state, string now, string later)
    {
        var device = SampleFleet.Device("d1", state);

        Assert.Equal(now, Of(device, 0));
        Assert.Equal(now, Of(device, Deadline));
        Assert.Equal(later, Of(device, Deadline + 1));
    }

    [Fact]
    public void Of_EveryState_IsInTheTableAbove() => Assert.Equal(19, Enum.GetValues<DeviceState>().Length);

    [Theory]
    [InlineData(DeviceState.Rejected, "no-variant-fits", "Incompatible")]
    [InlineData(DeviceState.Rejected, "below-floor", "Incompatible")]
    [InlineData(DeviceState.Rejected, "signature", "Failed")]
    [InlineData(DeviceState.FailedNoStateChange, "digest-mismatch", "AtWork")]
    [InlineData(DeviceState.FailedNoStateChange, "blob-refused", "AtWork")]
    [InlineData(DeviceState.FailedNoStateChange, "stored-blob-damaged", "AtWork")]
    [InlineData(DeviceState.FailedNoStateChange, "smoke-not-started", "AtWork")]
    [InlineData(DeviceState.FailedNoStateChange, "environment", "AtWork")]
    [InlineData(DeviceState.FailedRollbackComplete, "slot-damaged", "AtWork")]
    [InlineData(DeviceState.FailedUnableToRollback, "slot-damaged", "AtWork")]
    [InlineData(DeviceState.FailedRollbackComplete, "no-variant-fits", "AtWork")]
    [InlineData(DeviceState.RollingBack, "slot-damaged", "Watching")]
    [InlineData(DeviceState.FailedNoStateChange, "smoke-crashed", "Failed")]
    [InlineData(DeviceState.FailedRollbackComplete, "smoke-disagrees", "Failed")]
    [InlineData(DeviceState.FailedNoStateChange, "a-code-of-a-newer-agent", "Failed")]
    public void Of_FailedForACause_GoesByWhoseDoingItIs(DeviceState state, string code, string expected) =>
        Assert.Equal(expected, Of(SampleFleet.Device("d1", state, code), 0));

    [Theory]
    [InlineData(DeviceState.FailedNoStateChange, false, "AtWork")]
    [InlineData(DeviceState.FailedRollbackComplete, false, "AtWork")]
    [InlineData(DeviceState.FailedUnableToRollback, false, "AtWork")]
    [InlineData(DeviceState.RollingBack, false, "AtWork")]
    [InlineData(DeviceState.RollingBack, true, "AtWork")]
    [InlineData(DeviceState.Superseded, false, "AtWork")]
    [InlineData(DeviceState.Committed, true, "Committed")]
    [InlineData(DeviceState.FailedNoStateChange, true, "Committed")]
    [InlineData(DeviceState.FailedRollbackComplete, true, "Committed")]
    [InlineData(DeviceState.Superseded, true, "Committed")]
    public void Of_WithAnAdaptationOverIt_FailingSaysNothingAboutTheRelease(DeviceState state, bool runsTheRelease, string expected)
    {
        var device = SampleFleet.Device("d1", state, active: runsTheRelease ? SampleFleet.Manifest : SampleFleet.PreviousManifest);

        Assert.Equal(expected, Of(device with { Deployment = device.Deployment! with { Composition = Digest.Of("composition"u8) } }, 0));
    }

    [Theory]
    [InlineData(0, 0, "AtWork")]
    [InlineData(900, 0, "AtWork")]
    [InlineData(901, 0, "Offline")]
    [InlineData(1800, 1800, "AtWork")]
    [InlineData(1801, 1801, "Behind")]
    public void Of_DeviceThatNeverBegan_IsOfflineWhenNobodyHearsOfItAndBehindWhenItOnlyTalks(int now, int heard, string expected) =>
        Assert.Equal(expected, Of(SampleFleet.Device("d1") with { LastSeen = SampleFleet.Start.AddSeconds(heard) }, now));

    [Fact]
    public void Of_DeviceThatJoinsLate_HasItsOwnClock()
    {
        var late = SampleFleet.Start.AddSeconds(Deadline);
        var device = SampleFleet.Device("d1") with { FirstSeen = late, LastSeen = late.AddSeconds(Deadline) };

        Assert.Equal("AtWork", Of(device, 2 * Deadline));
        Assert.Equal("Behind", Of(device with { LastSeen = late.AddSeconds(Deadline + 1) }, (2 * Deadline) + 1));
    }

    [Fact]
    public void Of_SlowDownload_IsAtWorkAsLongAsItBringsBytes()
    {
        var device = SampleFleet.Device("d1", DeviceState.Downloading) with
        {
            ProgressAt = SampleFleet.Start.AddHours(9),
            LastSeen = SampleFleet.Start.AddHours(9.5),
        };

        Assert.Equal("AtWork", Of(device, (9 * 3600) + Deadline));
        Assert.Equal("Behind", Of(device, (9 * 3600) + Deadline + 1));
    }

    [Fact]
    public void Of_LongSoakThatTalks_IsWatched()
    {
        var heard = SampleFleet.Start.AddDays(6);
        var device = SampleFleet.Device("d1", DeviceState.Soaking) with { WordAt = heard, LastSeen = heard };

        Assert.Equal("Watching", Of(device, (6 * 86_400) + Deadline));
        Assert.Equal("Silent", Of(device, (6 * 86_400) + Deadline + 1));
    }

    [Fact]
    public void Of_StateOfAnotherRelease_SaysNothing()
    {
        var device = SampleFleet.Device("d1", DeviceState.Committed);

        Assert.Equal("AtWork", Of(device with { Deployment = device.Deployment! with { Release = SampleFleet.Previous.Digest } }, 0));
    }

    [Fact]
    public void Of_StateOfAnEarlierRolloutOfTheSameRelease_SaysNothing()
    {
        var device = SampleFleet.Device("d1", DeviceState.FailedRollbackComplete, "smoke-disagrees");
        var again = SampleFleet.Rollout() with { Id = "phi@2.0.0~2" };

        Assert.Equal(
            Standing.AtWork,
            DeviceStanding.Of(again, again.Rings[0] with { StartedAt = SampleFleet.Start }, device, new(SampleFleet.Start)).Standing);
    }

    [Fact]
    public void Of_TwoAgentsUnderOneId_IsNoEvidence()
    {
        var device = SampleFleet.Device("d1", DeviceState.Committed) with { ConflictAt = SampleFleet.Start };

        Assert.Equal("Offline", Of(device, 900));
        Assert.Equal("Committed", Of(device, 901));
    }

    [Theory]
    [InlineData(DeviceState.DownloadPaused, "disk-full", "d7 (DOWNLOAD_PAUSED, disk-full)")]
    [InlineData(DeviceState.Soaking, null, "d7 (SOAKING)")]
    [InlineData(null, null, "d7 (has not begun)")]
    public void Of_Device_IsNamedWithStateAndReason(DeviceState? state, string? code, string expected) =>
        Assert.Equal(expected, Look(SampleFleet.Device("d7", state, code), 0).Note);

    [Fact]
    public void Of_DeviceThatHolds_IsNamedWithWhy()
    {
        var device = SampleFleet.Device("d7") with { Hold = new(HoldCodes.ChannelExpired, "It expired.") };

        Assert.Equal("d7 (has not begun, channel-expired: It expired., heard of 10 min ago)", Look(device, 600).Note);
    }

    private static string Of(DeviceRecord device, int seconds) => Look(device, seconds).Standing.ToString();

    private static DeviceStanding Look(DeviceRecord device, int seconds)
    {
        var rollout = SampleFleet.Rollout();
        var opened = rollout.WithRing(0, rollout.Rings[0] with { StartedAt = SampleFleet.Start });

        // Heard of all the time, but for those whose word is given.
        var now = SampleFleet.Start.AddSeconds(seconds);
        return DeviceStanding.Of(
            opened, opened.Rings[0],
            device.LastSeen == SampleFleet.Start && device.Deployment is not null ? device with { LastSeen = now } : device,
            new ServiceClock(now));
    }
}
