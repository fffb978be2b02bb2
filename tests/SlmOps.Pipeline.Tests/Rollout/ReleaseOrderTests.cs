using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

public sealed class ReleaseOrderTests
{
    [Theory]
    [InlineData("Ready", true, false)]
    [InlineData("Running", true, false)]
    [InlineData("Paused", true, false)]
    [InlineData("Finished", false, false)]
    [InlineData("RollingBack", false, true)]
    [InlineData("RolledBack", false, true)]
    [InlineData("Superseded", false, true)]
    public void Of_EachStateOfTheRollout_IsCandidateOrLeft(string state, bool candidate, bool left)
    {
        var order = ReleaseOrder.Of(Fleet.Channel(), [Started(Enum.Parse<RolloutState>(state))]);

        Assert.Equal(Fleet.Previous, order.Stable);
        Assert.Equal(candidate ? Fleet.Release : null, order.Candidate);
        Assert.Equal(left ? [Fleet.Release] : [], order.Left);
    }

    [Fact]
    public void Of_OvertakenBeforeARingWasOpen_NoDeviceHasIt() =>
        Assert.Empty(ReleaseOrder.Of(Fleet.Channel(), [Fleet.Rollout() with { State = RolloutState.Superseded }]).Left);

    [Fact]
    public void Of_OtherRolloutOnItsWay_IsNotTheCandidate() =>
        Assert.Null(ReleaseOrder.Of(Fleet.Channel() with { Candidate = "phi@3.0.0" }, [Started(RolloutState.Running)]).Candidate);

    private static RolloutRecord Started(RolloutState state)
    {
        var rollout = Fleet.Rollout() with { State = state };
        return rollout.WithRing(0, rollout.Rings[0] with { StartedAt = Fleet.Start });
    }
}
