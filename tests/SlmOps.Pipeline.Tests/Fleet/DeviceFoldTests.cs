using SlmOps.Contracts;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet;

public sealed class DeviceFoldTests
{
    private static readonly DeviceRecord Unknown = new("d1", "phi", null, null, null, 0, default);

    [Fact]
    public void Apply_InOrder_KeepsTheNewestOfEach()
    {
        var device = Fold(
            Report(1, labels: "lab"),
            Report(2, DeviceState.Downloading),
            Report(3, labels: "field"),
            Report(4, DeviceState.Committed),
            Report(5));

        Assert.Equal(
            (DeviceState.Committed, SampleFleet.Start.AddSeconds(4), 5),
            (device.Deployment!.State, device.DeploymentAt, device.LastSeq));
        Assert.Equal("field", device.Labels["site"]);
    }

    [Fact]
    public void Apply_OldOrRepeatedReport_ChangesNothing()
    {
        var device = Fold(Report(1, labels: "lab"), Report(4, DeviceState.Committed));

        Assert.Same(device, DeviceFold.Apply(device, Report(4, DeviceState.FailedNoStateChange)));
        Assert.Same(device, DeviceFold.Apply(device, Report(3, DeviceState.Soaking)));
        Assert.Same(device, DeviceFold.Apply(device, Report(1, labels: "field")));
    }

    [Fact]
    public void Apply_Gap_IsTaken() =>
        Assert.Equal((DeviceState.Soaking, 1_000), Seen(Fold(Report(1), Report(1_000, DeviceState.Soaking))));

    [Fact]
    public void Apply_InventoryAlone_KeepsTheDeployment() =>
        Assert.Equal((DeviceState.Soaking, 2), Seen(Fold(Report(1, DeviceState.Soaking), Report(2, labels: "lab"))));

    [Fact]
    public void Labels_UnknownInventory_AreNone() => Assert.Empty(Unknown.Labels);

    private static (DeviceState? State, long Seq) Seen(DeviceRecord device) => (device.Deployment?.State, device.LastSeq);

    private static DeviceRecord Fold(params DeviceReport[] reports) => reports.Aggregate(Unknown, DeviceFold.Apply);

    private static DeviceReport Report(long seq, DeviceState? state = null, string? labels = null) =>
        new(
            1,
            "d1",
            seq,
            SampleFleet.Start.AddSeconds(seq),
            "phi",
            labels is null ? null : SampleFleet.Inventory(("site", labels)),
            state is { } entered ? SampleFleet.Device("d1", entered).Deployment : null,
            null);
}
