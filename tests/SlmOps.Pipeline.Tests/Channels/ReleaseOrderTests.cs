using SlmOps.Pipeline.Channels;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Tests.Rollout;


namespace SlmOps.Pipeline.Tests.Channels;

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
        var order = ReleaseOrder.Of(SampleFleet.Channel(), [Started(Enum.Parse<RolloutState>(state))]);

        Assert.Equal(SampleFleet.Previous, order.Stable);
        Assert.Equal(candidate ? SampleFleet.Release : null, order.Candidate);
        Assert.Equal(left ? [SampleFleet.Release] : [], order.Left);
    }

    [Fact]
    public void Of_OvertakenBeforeARingWasOpen_NoDeviceHasIt() =>
        Assert.Empty(ReleaseOrder.Of(SampleFleet.Channel(), [SampleFleet.Rollout() with { State = RolloutState.Superseded }]).Left);

    [Fact]
    public void Of_OtherRolloutOnItsWay_IsNotTheCandidate() =>
        Assert.Null(ReleaseOrder.Of(SampleFleet.Channel() with { Candidate = "phi@3.0.0" }, [Started(RolloutState.Running)]).Candidate);

    private static RolloutRecord Started(RolloutState state)
    {
        var rollout = SampleFleet.Rollout() with { State = state };
        return rollout.WithRing(0, rollout.Rings[0] with { StartedAt = SampleFleet.Start });
    }
}
