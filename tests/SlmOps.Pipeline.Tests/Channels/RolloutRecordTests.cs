using SlmOps.Pipeline.Channels;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Tests.Rollout;


namespace SlmOps.Pipeline.Tests.Channels;

public sealed class RolloutRecordTests
{
    [Theory]
    [InlineData("Ready", "")]
    [InlineData("Running", "canary early")]
    [InlineData("Paused", "canary early")]
    [InlineData("Finished", "")]
    [InlineData("RollingBack", "")]
    [InlineData("RolledBack", "")]
    [InlineData("Superseded", "")]
    public void OpenRings_AreThoseThatStarted_WhileItGoesOn(string state, string names)
    {
        var rollout = SampleFleet.Rollout();
        rollout = rollout
            .WithRing(0, rollout.Rings[0] with { State = RingState.Finished, StartedAt = SampleFleet.Start })
            .WithRing(1, rollout.Rings[1] with { State = RingState.Running, StartedAt = SampleFleet.Start })
            with
        { State = Enum.Parse<RolloutState>(state), CurrentRing = 1 };

        Assert.Equal(names, string.Join(' ', rollout.OpenRings.Select(ring => ring.Name)));
    }

    [Theory]
    [InlineData("d10", 0, 0)]
    [InlineData("d2", 0, -1)]
    [InlineData("d2", 1, 1)]
    [InlineData("d4", 1, -1)]
    [InlineData("d4", 2, 2)]
    public void RingOf_Device_IsTheFirstThatWasOpened(string id, int current, int expected) =>
        Assert.Equal(expected, (SampleFleet.Rollout() with { CurrentRing = current }).RingOf(SampleFleet.Device(id)));

    [Fact]
    public void WithRing_ReplacesOneRingAlone()
    {
        var rollout = SampleFleet.Rollout();

        var changed = rollout.WithRing(1, rollout.Rings[1] with { Reason = "because" });

        Assert.Equal([null, "because", null], changed.Rings.Select(ring => ring.Reason));
        Assert.Equal([null, null, null], rollout.Rings.Select(ring => ring.Reason));
    }

    [Fact]
    public void ChannelNext_HasTheNextVersion() =>
        Assert.Equal(
            SampleFleet.Channel() with
            {
                Version = 8,
                IssuedAt = SampleFleet.Start.AddDays(1),
            },
            SampleFleet.Channel().Next(SampleFleet.Start.AddDays(1)));
}
