using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

public sealed class RolloutCommandsTests
{
    private static readonly RolloutRecord Newer = SampleFleet.Rollout() with { Id = "phi@3.0.0", Release = SampleFleet.Of("3.0.0") };
    private static readonly string[] Twelve = [.. Enumerable.Range(1, 12).Select(number => $"d{number}")];

    [Fact]
    public void Supersede_RunningRollout_EndsIt()
    {
        var running = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance().Rollout;

        var (superseded, channel) = RolloutCommands.Supersede(running, SampleFleet.Channel(), Newer, SampleFleet.Start);

        Assert.Equal((RolloutState.Superseded, "Superseded", "phi@3.0.0 is newer", SampleFleet.Start),
            (superseded.State, superseded.ReasonCode, superseded.Reason, superseded.EndedAt));
        Assert.Empty(superseded.OpenRings);

        // It was out and never passed: no device may take it for a way back.
        Assert.Equal([SampleFleet.Release.Digest], channel.Withdrawn);
    }

    [Fact]
    public void Supersede_RolloutThatNeverOpened_LeavesNothingToGoBackFrom() => Assert.Empty(
        RolloutCommands.Supersede(SampleFleet.Rollout(), SampleFleet.Channel(), Newer, SampleFleet.Start).Channel.Withdrawn);

    [Fact]
    public void Supersede_ByAnotherRolloutOfTheSameRelease_WithdrawsNothing() => Assert.Empty(
        RolloutCommands.Supersede(
            new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance().Rollout, SampleFleet.Channel(),
            SampleFleet.Rollout() with { Id = "phi@2.0.0~2" }, SampleFleet.Start).Channel.Withdrawn);

    [Fact]
    public void Supersede_RolloutThatWaitsForItsDevices_IsRolledBackForItsOwnReason()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance().Commit("d10").Advance().Fail("d9").Advance();
        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);

        var (superseded, _) = RolloutCommands.Supersede(play.Rollout, play.Channel, Newer, play.Now);

        Assert.Equal((RolloutState.RolledBack, "ErrorThreshold", play.Rollout.Reason, play.Now),
            (superseded.State, superseded.ReasonCode, superseded.Reason, superseded.EndedAt));
    }
}
