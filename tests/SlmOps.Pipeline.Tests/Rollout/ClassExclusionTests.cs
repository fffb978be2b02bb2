using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

/// <summary>A release that computes something else on one class of processors is withdrawn from that class alone.</summary>
public sealed class ClassExclusionTests
{
    private const string Disagrees = ReasonCodes.SmokeDisagrees;
    private static readonly DateTimeOffset Now = SampleFleet.Start.AddMinutes(1);

    [Fact]
    public void Next_OneClassDisagrees_IsWithdrawnFromItAndNobodyElse()
    {
        var fleet = new[] { Bad("a", ProcessorClass.Arm64), Good("b", ProcessorClass.X64V3) };

        var step = RolloutEngine.Next(Running(), SampleFleet.Channel(), fleet, new(Now))!;

        Assert.Equal(RolloutState.Running, step.Rollout.State);
        Assert.Equal([ProcessorClass.Arm64], step.Rollout.ExcludedClasses);
        Assert.Equal([new(SampleFleet.Release.Digest, ProcessorClass.Arm64, SampleFleet.Previous)], step.Channel.WithdrawnFrom);
        Assert.Empty(step.Channel.Withdrawn);
        Assert.Equal(8, step.Channel.Version);

        // And then the others decide.
        var next = RolloutEngine.Next(step.Rollout, step.Channel, fleet, new(Now))!;
        Assert.Equal((RolloutState.Finished, SampleFleet.Release), (next.Rollout.State, next.Channel.Stable));
        Assert.Equal(step.Channel.WithdrawnFrom, next.Channel.WithdrawnFrom);
    }

    [Fact]
    public void Next_EveryClassOfTheFleetDisagrees_IsWithdrawnFromAll()
    {
        var fleet = new[] { Bad("a", ProcessorClass.Arm64), Good("b", ProcessorClass.Arm64) };

        var step = RolloutEngine.Next(Running(), SampleFleet.Channel(), fleet, new(Now))!;

        Assert.Equal(RolloutState.RollingBack, step.Rollout.State);
        Assert.Equal([SampleFleet.Release.Digest], step.Channel.Withdrawn);
    }

    [Fact]
    public void Next_SecondOfTwoClassesDisagreesAsWell_IsWithdrawnFromAll()
    {
        var fleet = new[] { Bad("a", ProcessorClass.Arm64), Bad("b", ProcessorClass.X64V3) };

        var first = RolloutEngine.Next(Running(), SampleFleet.Channel(), fleet, new(Now))!;
        var second = RolloutEngine.Next(first.Rollout, first.Channel, fleet, new(Now))!;

        Assert.Equal(RolloutState.Running, first.Rollout.State);
        Assert.Equal(RolloutState.RollingBack, second.Rollout.State);
    }

    [Theory]
    [InlineData("smoke-failed")]
    [InlineData("smoke-not-finite")]
    [InlineData("something-new")]
    public void Next_AnyOtherFailure_WithdrawsFromAll(string code)
    {
        var fleet = new[]
        {
            Of("a", DeviceState.FailedNoStateChange, code, ProcessorClass.Arm64), Good("b", ProcessorClass.X64V3),
        };

        Assert.Equal(RolloutState.RollingBack, RolloutEngine.Next(Running(), SampleFleet.Channel(), fleet, new(Now))!.Rollout.State);
    }

    [Fact]
    public void Next_AgentThatDoesNotNameItsClass_IsOfWhatItsProcessorCan()
    {
        var old = Bad("a", null) with { Inventory = SampleFleet.Inventory() };

        var step = RolloutEngine.Next(Running(), SampleFleet.Channel(), [old, Good("b", ProcessorClass.X64V3)], new(Now))!;

        Assert.Equal([ProcessorClass.Arm64], step.Rollout.ExcludedClasses);
    }

    [Fact]
    public void Count_DevicesOfAnExcludedClass_AreNoEvidence()
    {
        var rollout = Running() with { ExcludedClasses = [ProcessorClass.Arm64] };

        var health = RingHealth.Of(
            rollout, rollout.Rings[0], [Bad("a", ProcessorClass.Arm64), Good("b", ProcessorClass.X64V3)], new(Now));

        Assert.Equal((1, 0, 1), (health.Count(Standing.Committed), health.Count(Standing.Failed), health.Count(Standing.Incompatible)));
    }

    [Fact]
    public void Next_OnlyCanaryIsOfAnExcludedClass_TheNextDeviceTakesItsPlace()
    {
        var fleet = new[] { Bad("d10", ProcessorClass.Arm64), Waiting("d1", ProcessorClass.X64V3) };
        var rollout = SampleFleet.Rollout();
        rollout = rollout.WithRing(0, rollout.Rings[0] with { State = RingState.Running, StartedAt = SampleFleet.Start, Share = 0.082 });
        rollout = rollout with { State = RolloutState.Running, ExcludedClasses = [ProcessorClass.Arm64] };

        var step = RolloutEngine.Next(rollout, SampleFleet.Channel(), fleet, new(SampleFleet.Start.AddHours(1)))!;

        Assert.Equal((RolloutState.Running, 0), (step.Rollout.State, step.Rollout.RingOf(fleet[1])));
    }

    [Fact]
    public void Begin_AnotherRolloutOfTheSameRelease_IsForEveryClassAgain()
    {
        var channel = SampleFleet.Channel() with
        {
            Candidate = null,
            WithdrawnFrom = [new(SampleFleet.Release.Digest, ProcessorClass.Arm64, SampleFleet.Previous)],
        };

        Assert.Empty(RolloutCommands.Begin(channel, null, SampleFleet.Rollout(), Now).Channel.WithdrawnFrom);
    }

    private static RolloutRecord Running() => SampleFleet.Rollout(new Ring("all", 1, SampleFleet.NoLabels)) with
    {
        State = RolloutState.Running,
        Rings = [new(new("all", 1, SampleFleet.NoLabels), RingState.Running, SampleFleet.Start, null)],
    };

    private static DeviceRecord Bad(string id, string? processor) => Of(id, DeviceState.FailedNoStateChange, Disagrees, processor);

    private static DeviceRecord Good(string id, string processor) => Of(id, DeviceState.Committed, null, processor);

    private static DeviceRecord Waiting(string id, string processor) => SampleFleet.Device(id) with
    {
        Inventory = SampleFleet.Inventory() with { ProcessorClass = processor },
        LastSeen = SampleFleet.Start.AddHours(1),
    };

    private static DeviceRecord Of(string id, DeviceState state, string? code, string? processor) =>
        SampleFleet.Device(id, state, code) with { Inventory = SampleFleet.Inventory() with { ProcessorClass = processor }, LastSeen = Now };
}
