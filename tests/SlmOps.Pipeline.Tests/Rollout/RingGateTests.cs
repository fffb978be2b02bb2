using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

public sealed class RingGateTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);

    [Theory]
    [InlineData(DeviceState.Pending, "waiting")]
    [InlineData(DeviceState.Retrieved, "waiting")]
    [InlineData(DeviceState.Downloading, "waiting")]
    [InlineData(DeviceState.DownloadPaused, "waiting")]
    [InlineData(DeviceState.Downloaded, "waiting")]
    [InlineData(DeviceState.Verified, "waiting")]
    [InlineData(DeviceState.Staged, "waiting")]
    [InlineData(DeviceState.SmokeTesting, "waiting")]
    [InlineData(DeviceState.WindowWait, "waiting")]
    [InlineData(DeviceState.Activating, "waiting")]
    [InlineData(DeviceState.Soaking, "waiting")]
    [InlineData(DeviceState.Committed, "committed")]
    [InlineData(DeviceState.RollingBack, "failed")]
    [InlineData(DeviceState.FailedNoStateChange, "failed")]
    [InlineData(DeviceState.FailedRollbackComplete, "failed")]
    [InlineData(DeviceState.FailedUnableToRollback, "failed")]
    [InlineData(DeviceState.Rejected, "failed")]
    [InlineData(DeviceState.AlreadyInstalled, "committed")]
    [InlineData(DeviceState.Superseded, "waiting")]
    public void Count_EachState_IsCountedAs(DeviceState state, string expected)
    {
        // Long silent: once it began, silence is an outcome and not absence.
        var health = Count(SampleFleet.Start.AddDays(1), SampleFleet.Device("d1", state));

        Assert.Equal(expected, Name(health));
    }

    [Fact]
    public void Count_EveryState_IsInTheTableAbove() => Assert.Equal(19, Enum.GetValues<DeviceState>().Length);

    [Theory]
    [InlineData("no-variant-fits", "incompatible")]
    [InlineData("below-floor", "incompatible")]
    [InlineData("bad-signature", "failed")]
    [InlineData(null, "failed")]
    public void Count_Rejected_GoesByItsReason(string? code, string expected) =>
        Assert.Equal(expected, Name(Count(SampleFleet.Start, SampleFleet.Device("d1", DeviceState.Rejected, code))));

    [Theory]
    [InlineData(DeviceState.FailedNoStateChange, "digest-mismatch", "waiting")]
    [InlineData(DeviceState.FailedNoStateChange, "blob-refused", "waiting")]
    [InlineData(DeviceState.FailedNoStateChange, "stored-blob-damaged", "waiting")]
    [InlineData(DeviceState.FailedNoStateChange, "smoke-not-started", "waiting")]
    [InlineData(DeviceState.FailedNoStateChange, "environment", "waiting")]
    [InlineData(DeviceState.FailedRollbackComplete, "slot-damaged", "waiting")]
    [InlineData(DeviceState.FailedUnableToRollback, "slot-damaged", "waiting")]
    [InlineData(DeviceState.FailedNoStateChange, "smoke-crashed", "failed")]
    [InlineData(DeviceState.FailedRollbackComplete, "smoke-disagrees", "failed")]
    [InlineData(DeviceState.Rejected, "signature", "failed")]
    [InlineData(DeviceState.FailedNoStateChange, "a-code-of-a-newer-agent", "failed")]
    public void Count_FailedForACause_GoesByWhoseDoingItIs(DeviceState state, string code, string expected) =>
        Assert.Equal(expected, Name(Count(SampleFleet.Start, SampleFleet.Device("d1", state, code))));

    [Fact]
    public void Decide_DeviceWithAFullDiskAtTheDeadline_IsNamed()
    {
        var health = Count(SampleFleet.Start, SampleFleet.Device("d7", DeviceState.DownloadPaused, "disk-full"));

        var verdict = RingGate.Decide(health, Deadline + TimeSpan.FromSeconds(1), Deadline);

        Assert.Contains("d7: disk-full", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metadata-timestamp-expired", 1800, "waiting")]
    [InlineData("metadata-timestamp-expired", 1801, "offline")]
    [InlineData("metadata-targets-signature", 1801, "offline")]
    [InlineData("network", 1801, "waiting")]
    [InlineData(null, 1801, "waiting")]
    public void Count_HeldBackByMetadata_IsOfflineAtTheDeadline(string? code, int seconds, string expected) =>
        Assert.Equal(
            expected,
            Name(
                RingGate.Count(
                    Opened(),
                    [SampleFleet.Device("d1", DeviceState.Pending, code) with { LastSeen = SampleFleet.Start.AddSeconds(seconds) }],
                    SampleFleet.Start.AddSeconds(seconds))));

    [Fact]
    public void Count_NoVariantFitsAfterActivation_IsNoExcuseAndNoFailure() =>
        Assert.Equal(
            "waiting",
            Name(Count(SampleFleet.Start, SampleFleet.Device("d1", DeviceState.FailedRollbackComplete, "no-variant-fits"))));

    [Theory]
    [InlineData(DeviceState.FailedNoStateChange, false, "waiting")]
    [InlineData(DeviceState.FailedRollbackComplete, false, "waiting")]
    [InlineData(DeviceState.FailedUnableToRollback, false, "waiting")]
    [InlineData(DeviceState.RollingBack, false, "waiting")]
    [InlineData(DeviceState.RollingBack, true, "waiting")]
    [InlineData(DeviceState.Superseded, false, "waiting")]
    [InlineData(DeviceState.Committed, true, "committed")]
    [InlineData(DeviceState.FailedNoStateChange, true, "committed")]
    [InlineData(DeviceState.FailedRollbackComplete, true, "committed")]
    [InlineData(DeviceState.Superseded, true, "committed")]
    public void Count_WithAnAdaptationOverIt_FailingSaysNothingAboutTheRelease(DeviceState state, bool runsTheRelease, string expected)
    {
        var device = SampleFleet.Device("d1", state, active: runsTheRelease ? SampleFleet.Manifest : SampleFleet.PreviousManifest);
        var adapted = device with { Deployment = device.Deployment! with { Composition = Digest.Of("composition"u8) } };

        Assert.Equal(expected, Name(Count(SampleFleet.Start, adapted)));
    }

    [Theory]
    [InlineData(0, "waiting")]
    [InlineData(900, "waiting")]
    [InlineData(901, "offline")]
    public void Count_DeviceThatNeverBegan_IsOfflineAfterAWhile(int silentSeconds, string expected) =>
        Assert.Equal(expected, Name(Count(SampleFleet.Start.AddSeconds(silentSeconds), SampleFleet.Device("d1"))));

    [Fact]
    public void Count_StateOfAnotherRelease_SaysNothing()
    {
        var other = SampleFleet.Device("d1", DeviceState.Committed);
        other = other with { Deployment = other.Deployment! with { Release = SampleFleet.Previous.Digest } };

        Assert.Equal("waiting", Name(Count(SampleFleet.Start, other)));
    }

    [Fact]
    public void Count_FirstFailure_IsNamed()
    {
        var health = Count(
            SampleFleet.Start,
            SampleFleet.Device("d1", DeviceState.Committed),
            SampleFleet.Device("d2", DeviceState.FailedNoStateChange, "smoke-mismatch"),
            SampleFleet.Device("d3", DeviceState.Rejected, "bad-signature"),
            SampleFleet.Device("d4"));

        Assert.Equal(new(1, 2, 1, 0, 0, "d2: smoke-mismatch"), health);
        Assert.Equal(4, health.Total);
    }

    //            committed failed waiting offline incompatible, seconds open
    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0, "Wait")]
    [InlineData(0, 0, 0, 0, 0, 99_999, "Wait")]
    [InlineData(1, 0, 0, 0, 0, 0, "Pass")]
    [InlineData(3, 0, 0, 0, 0, 99_999, "Pass")]
    [InlineData(3, 0, 0, 5, 0, 0, "Pass")]
    [InlineData(3, 0, 0, 0, 5, 0, "Pass")]
    [InlineData(3, 1, 0, 0, 0, 0, "Fail")]
    [InlineData(99, 1, 99, 0, 0, 0, "Fail")]
    [InlineData(0, 1, 0, 0, 0, 0, "Fail")]
    [InlineData(3, 0, 1, 0, 0, 0, "Wait")]
    [InlineData(3, 0, 1, 0, 0, 1800, "Wait")]
    [InlineData(3, 0, 1, 0, 0, 1801, "Fail")]
    [InlineData(0, 0, 1, 0, 0, 1801, "Fail")]
    [InlineData(0, 0, 1, 9, 9, 1801, "Fail")]
    [InlineData(0, 0, 0, 1, 0, 0, "Wait")]
    [InlineData(0, 0, 0, 1, 0, 1800, "Wait")]
    [InlineData(0, 0, 0, 1, 0, 1801, "NoData")]
    [InlineData(0, 0, 0, 0, 1, 1800, "Wait")]
    [InlineData(0, 0, 0, 0, 1, 1801, "NoData")]
    public void Decide_Health_GivesTheVerdict(
        int committed, int failed, int waiting, int offline, int incompatible, int openSeconds, string expected)
    {
        var health = new RingHealth(committed, failed, waiting, offline, incompatible, failed > 0 ? "d1: why" : null);

        var verdict = RingGate.Decide(health, TimeSpan.FromSeconds(openSeconds), Deadline);

        Assert.Equal(expected, verdict.Outcome.ToString());
        Assert.NotEmpty(verdict.Reason);
    }

    [Fact]
    public void Decide_AnyHealth_PassesOnlyWithACommitAndNoFailure()
    {
        var all =
            from committed in Enumerable.Range(0, 3)
            from failed in Enumerable.Range(0, 3)
            from waiting in Enumerable.Range(0, 3)
            from offline in Enumerable.Range(0, 3)
            from incompatible in Enumerable.Range(0, 3)
            from open in new[] { TimeSpan.Zero, Deadline, Deadline * 2 }
            select (Health: new RingHealth(committed, failed, waiting, offline, incompatible, null), open);

        Assert.All(all, input => Assert.Equal(
            input.Health is { Committed: > 0, Failed: 0, Waiting: 0 },
            RingGate.Decide(input.Health, input.open, Deadline).Outcome == GateOutcome.Pass));
    }

    private static RolloutRecord Opened()
    {
        var rollout = SampleFleet.Rollout();
        return rollout.WithRing(0, rollout.Rings[0] with { StartedAt = SampleFleet.Start });
    }

    private static RingHealth Count(DateTimeOffset now, params DeviceRecord[] ring) => RingGate.Count(SampleFleet.Rollout(), ring, now);

    private static string Name(RingHealth health) => health switch
    {
        { Total: not 1 } => $"{health.Total} counts",
        { Committed: 1 } => "committed",
        { Failed: 1 } => "failed",
        { Waiting: 1 } => "waiting",
        { Offline: 1 } => "offline",
        _ => "incompatible",
    };
}
