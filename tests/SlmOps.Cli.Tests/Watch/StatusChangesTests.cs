using SlmOps.Cli.Watch;
using SlmOps.Contracts.Operator;
using SlmOps.Contracts;

namespace SlmOps.Cli.Tests.Watch;

public sealed class StatusChangesTests
{
    [Fact]
    public void Between_Nothing_SaysNothing() => Assert.Empty(StatusChanges.Between(Statuses.Finished, Statuses.Finished));

    [Fact]
    public void Between_FirstLook_SaysWhatWasReceived()
    {
        var line = Assert.Single(StatusChanges.Between(null, Statuses.Received));

        Assert.Equal("received   m              10.00 MB, 2.4 M parameters, variants int8", line);
    }

    [Fact]
    public void Between_ReceivedAndFinished_SaysEveryStepInOrder() => Assert.Equal(
        [
            "quantized  int8           2.50 MB, 0.25x",
            "validated  int8           perplexity 13.500, 512 tokens/s: fine",
            $"packaged   int8           {Statuses.Manifest.Hex[..12]}",
            $"released   1              {Statuses.Release.Hex[..12]}",
            "ring       all            FINISHED 1 of 1 devices committed",
            "rollout    m              FINISHED",
            "device     d1             COMMITTED int8",
        ],
        StatusChanges.Between(Statuses.Received, Statuses.Finished));

    [Fact]
    public void Between_RefusedVariant_SaysWhy()
    {
        var after = Statuses.Received with
        {
            Variants = [Statuses.Int8 with { Accepted = false, Reason = "KL 2 > 0.1", Figures = null, Digest = default }],
        };

        Assert.Equal(
            ["quantized  int8           2.50 MB, 0.25x", "refused    int8           KL 2 > 0.1"],
            StatusChanges.Between(Statuses.Received, after));
    }

    [Fact]
    public void Between_NewRejection_SaysProblemAndCureOnce()
    {
        var rejection = new ModelRejected("m", "1", "models/m/1/slmops.json", "intake", [new("cycle", "A cycle.", "Cut it.")]);
        var after = Statuses.Received with { Rejections = [rejection] };

        Assert.Equal(["rejected   intake         A cycle. Cut it."], StatusChanges.Between(Statuses.Received, after));
        Assert.Empty(StatusChanges.Between(after, after));
    }

    [Fact]
    public void Between_DeviceFails_SaysTheReason()
    {
        var after = Statuses.Finished with
        {
            Devices = [Statuses.Device with { State = DeviceState.FailedNoStateChange, Reason = "It disagrees." }],
        };

        Assert.Equal(
            ["device     d1             FAILED_NO_STATE_CHANGE int8 It disagrees."],
            StatusChanges.Between(Statuses.Finished, after));
    }

    [Fact]
    public void Between_DeviceCommitted_SaysWhatItFetched()
    {
        var before = Statuses.Finished with { Devices = [Statuses.Device with { State = DeviceState.Soaking }] };
        var after = Statuses.Finished with { Devices = [Statuses.Device with { BytesFetched = 120_000, BytesWhole = 2_500_000 }] };

        Assert.Equal(["device     d1             COMMITTED int8, fetched 120.0 kB of 2.50 MB"], StatusChanges.Between(before, after));
    }

    [Fact]
    public void Between_DeviceOnlySaidHello_IsNotWorthALine()
    {
        var after = Statuses.Received with { Devices = [Statuses.Device with { State = DeviceState.Pending, Variant = null }] };

        Assert.Empty(StatusChanges.Between(Statuses.Received, after));
    }

    [Fact]
    public void Between_RolloutGoesBack_SaysRingAndReason()
    {
        var rollout = Statuses.Rollout with
        {
            State = RolloutState.RollingBack,
            Reason = "d1 failed",
            Rings = [Statuses.Rollout.Rings[0] with { State = RingState.Error, Reason = "d1 failed" }],
        };

        Assert.Equal(
            ["ring       all            ERROR d1 failed", "rollout    m              ROLLING_BACK d1 failed"],
            StatusChanges.Between(Statuses.Finished, Statuses.Finished with { Rollout = rollout }));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(0L, "0.0 kB")]
    [InlineData(1_500L, "1.5 kB")]
    [InlineData(2_500_000L, "2.50 MB")]
    [InlineData(7_250_000_000L, "7.25 GB")]
    public void Bytes_Size_IsShownInDecimalUnits(long? bytes, string shown) => Assert.Equal(shown, StatusChanges.Bytes(bytes));
}
