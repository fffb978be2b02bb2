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

        foreach (var old in new[] { Report(4, DeviceState.FailedNoStateChange), Report(3, DeviceState.Soaking), Report(1, labels: "field") })
        {
            Assert.Equal(device with { LastSeen = SampleFleet.Start.AddHours(1) }, DeviceFold.Apply(device, old, SampleFleet.Start.AddHours(1)));
        }
    }

    [Fact]
    public void Apply_Gap_IsTaken() =>
        Assert.Equal((DeviceState.Soaking, 1_000), Seen(Fold(Report(1), Report(1_000, DeviceState.Soaking))));

    [Fact]
    public void Apply_InventoryAlone_KeepsTheDeployment() =>
        Assert.Equal((DeviceState.Soaking, 2), Seen(Fold(Report(1, DeviceState.Soaking), Report(2, labels: "lab"))));

    [Fact]
    public void Apply_ReportThatSaysTheSame_IsAWordAndNoProgress()
    {
        var device = Fold(Report(1, DeviceState.Downloading), Report(9, DeviceState.Downloading));

        Assert.Equal(
            (SampleFleet.Start.AddSeconds(1), SampleFleet.Start.AddSeconds(9), SampleFleet.Start.AddSeconds(1)),
            (device.FirstSeen, device.WordAt, device.ProgressAt));
    }

    [Fact]
    public void Apply_MoreBytes_IsProgress()
    {
        var more = Report(9, DeviceState.Downloading);
        more = more with { Deployment = more.Deployment! with { BytesFetched = 17 } };

        Assert.Equal(SampleFleet.Start.AddSeconds(9), Fold(Report(1, DeviceState.Downloading), more).ProgressAt);
    }

    [Fact]
    public void Apply_Choice_StaysUntilAnotherIsMade()
    {
        var (first, second) = (new DeviceChoice(default, "int8", "fits", []), new DeviceChoice(default, "int4", "smaller", []));

        Assert.Equal(first, Fold(Report(1) with { Choice = first }, Report(2)).Choice);
        Assert.Equal(second, Fold(Report(1) with { Choice = first }, Report(2) with { Choice = second }).Choice);
    }

    [Fact]
    public void Apply_HoldThatIsOver_IsForgotten()
    {
        var held = Report(1) with { Hold = new(HoldCodes.Busy, "It soaks.") };

        Assert.Equal(held.Hold, Fold(held).Hold);
        Assert.Null(Fold(held, Report(2)).Hold);
    }

    [Fact]
    public void Apply_ClockThatIsOff_IsTold()
    {
        var device = DeviceFold.Apply(Unknown, Report(1), SampleFleet.Start.AddSeconds(1).AddDays(-8));

        Assert.Equal(TimeSpan.FromDays(8), device.ClockAhead);
    }

    [Fact]
    public void Apply_AnotherFolder_IsAnotherLifeWhateverItsNumbers()
    {
        var device = Fold(Of("a", 100, DeviceState.Committed), Of("b", 3, DeviceState.Downloading));

        Assert.Equal((DeviceState.Downloading, 3), Seen(device));
        Assert.Equal(("b", "a", SampleFleet.Start.AddSeconds(3), 0), (device.Instance, device.OtherInstance, device.FirstSeen, device.Conflicts));
        Assert.Null(device.ConflictAt);
    }

    [Fact]
    public void Apply_NewFolderThatOnlyTalks_HasNoDeployment() =>
        Assert.Null(Fold(Of("a", 100, DeviceState.Committed), Of("b", 3)).Deployment);

    [Fact]
    public void Apply_TwoFoldersInTurn_IsOneConflictUntilOneIsSilent()
    {
        var device = Fold(Of("a", 1), Of("b", 2), Of("a", 3), Of("b", 4), Of("a", 5));

        Assert.Equal((1, SampleFleet.Start.AddSeconds(5)), (device.Conflicts, device.ConflictAt));
        Assert.True(device.IsInConflict(new(SampleFleet.Start.AddSeconds(905))));
        Assert.False(device.IsInConflict(new(SampleFleet.Start.AddSeconds(906))));
        Assert.Equal(2, Fold(Of("a", 1), Of("b", 2), Of("a", 3), Of("b", 2000)).Conflicts);
    }

    [Fact]
    public void Apply_AgentThatLearnedInstances_GoesOn()
    {
        var device = Fold(Report(1, DeviceState.Committed), Of("a", 2));

        Assert.Equal((DeviceState.Committed, 2), Seen(device));
        Assert.Equal("a", device.Instance);
    }

    [Fact]
    public void Labels_UnknownInventory_AreNone() => Assert.Empty(Unknown.Labels);

    private static (DeviceState? State, long Seq) Seen(DeviceRecord device) => (device.Deployment?.State, device.LastSeq);

    private static DeviceRecord Fold(params DeviceReport[] reports) => reports.Aggregate(Unknown, (device, report) => DeviceFold.Apply(device, report, SampleFleet.Start.AddSeconds(report.Seq)));

    private static DeviceReport Of(string instance, long seq, DeviceState? state = null) => Report(seq, state) with { Instance = instance };

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
