using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

/// <summary>The ordinary life of a fleet, which must not undo a good release: slow lines, power switches, full disks, suspends.</summary>
public sealed class FairRolloutTests
{
    private static readonly Ring All = new("all", 1, SampleFleet.NoLabels);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly string[] Five = ["d1", "d2", "d3", "d4", "d5"];

    [Fact]
    public void SlowLink_TheOthersKeepWhatTheyCommitted()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), Five).Advance().Download("d5").Commit("d1", "d2", "d3", "d4");

        play.Wait(Deadline).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Second).Advance();
        Assert.Equal(RolloutState.Finished, play.Rollout.State);
        Assert.Contains("4 of 5 devices committed; 1 behind: d5 (DOWNLOADING", play.Fact<RingPassed>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void SwitchedOffWhileItDownloads_IsNoEvidence()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), Five)
            .Advance().Download("d5").Offline("d5").Commit("d1", "d2", "d3", "d4").Wait(Deadline + Second).Advance();

        Assert.Equal(RolloutState.Finished, play.Rollout.State);
        Assert.Empty(play.Channel.Withdrawn);
    }

    [Fact]
    public void SwitchedOffOnceTheReleaseIsInCharge_IsCounted()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), Five)
            .Advance().Soak("d5").Offline("d5").Commit("d1", "d2", "d3", "d4").Wait(Deadline + Second).Advance();

        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);
        Assert.Contains("d5 (SOAKING", play.Rollout.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void NotebookThatSleepsInItsSoak_IsGivenWhatItIsUsedTo()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), Five).Sleeper("d5", Deadline * 4)
            .Advance().Soak("d5").Offline("d5").Commit("d1", "d2", "d3", "d4").Wait(Deadline * 12).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Second).Advance();
        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);
        Assert.Contains("was silent for 120 min before", play.Rollout.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void LastRingThatCannotRunIt_IsPassedWhereOthersCommitted()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1", "d2").Advance().Unfit("d1").Commit("d2").Leave("d2").Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play = new RolloutPlay(SampleFleet.Rollout(), "d1", "d4").Advance();
        play.Commit([.. play.Offered]).Advance();
        play.Unfit([.. play.Offered.Where(id => play.Fleet.Single(device => device.Id == id).Deployment is null)]).Advance();

        Assert.Equal(RolloutState.Finished, play.Rollout.State);
        Assert.Contains("no device of this ring is there or can run it", play.Fact<RingPassed>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void LastRingOfRetiredDevices_IsPassedWhereOthersCommitted()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Five).Offline(Five).Wait(TimeSpan.FromHours(1)).Online("d2").Advance();

        play.Commit([.. play.Offered]).Advance();

        Assert.Equal(RolloutState.Finished, play.Rollout.State);
        Assert.Equal("d2", Assert.Single(play.Fleet, device => device.Deployment is not null).Id.ToString());
    }

    [Fact]
    public void TwoAgentsUnderOneId_AreNotWhatARingPassesBy()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1").Advance().Commit("d1").Conflict("d1").Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Deadline + Second).Conflict("d1").Advance();
        Assert.Equal((RolloutState.Paused, "NoData"), (play.Rollout.State, play.Rollout.ReasonCode));
    }

    [Fact]
    public void FirstDeviceAfterTheDeadline_HasItsTime()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All)).Advance().Wait(Deadline + Deadline).Join("d1").Advance();
        Assert.Equal((RolloutState.Running, "d1"), (play.Rollout.State, Assert.Single(play.Offered)));

        play.Soak("d1").Wait(Deadline).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Commit("d1").Advance();
        Assert.Equal(RolloutState.Finished, play.Rollout.State);
    }

    [Fact]
    public void DeviceThatJoinsShortBeforeTheDeadline_WithdrawsNothing()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1", "d2", "d3").Advance().Soak("d1").Commit("d2", "d3");
        play.Wait(Deadline - Second).Join("d4").Commit("d1").Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Second + Second).Advance();
        Assert.Equal(RolloutState.Finished, play.Rollout.State);
    }

    [Fact]
    public void ServiceThatWasAway_IsNobodysSilence()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1", "d2").Advance().Soak("d1", "d2").Offline("d1", "d2");
        play.Presence = play.Presence.Tick(play.Now, TimeSpan.FromSeconds(2));

        // Nobody ran the timer; the first look after the stop comes with a report, before the first tick.
        play.Wait(TimeSpan.FromDays(3)).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Presence = play.Presence.Tick(play.Now, TimeSpan.FromSeconds(2));
        for (var waited = TimeSpan.Zero; waited <= Deadline + ServicePresence.Grace; waited += Second)
        {
            Assert.Equal(RolloutState.Running, play.Advance().Rollout.State);
            play.Wait(Second);
            play.Presence = play.Presence.Tick(play.Now, TimeSpan.FromSeconds(2));
        }

        play.Advance();
        Assert.Equal([SampleFleet.Release.Digest], play.Channel.Withdrawn);
    }

    [Fact]
    public void ServiceThatWasAway_AFailureStillCounts()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1", "d2").Advance();
        play.Presence = play.Presence.Tick(play.Now, TimeSpan.FromSeconds(2));

        play.Wait(TimeSpan.FromDays(3)).Fail("d1").Advance();

        Assert.Equal([SampleFleet.Release.Digest], play.Channel.Withdrawn);
    }

    [Fact]
    public void RetiredDevices_AreNoCanaries()
    {
        var retired = Enumerable.Range(13, 20).Select(number => $"d{number}").ToArray();
        var play = new RolloutPlay(SampleFleet.Rollout(), [.. retired, "d1", "d4"]).Offline(retired).Wait(TimeSpan.FromHours(1)).Advance();

        // Two are alive: ten percent of them is the one that comes first.
        Assert.Contains("d1", play.Offered);
        Assert.DoesNotContain("d4", play.Offered);

        play.Commit("d1").Advance().Commit("d4").Advance();
        Assert.Equal(RolloutState.Finished, play.Rollout.State);
    }

    [Fact]
    public void CanaryThatDies_GivesItsPlaceToTheNext()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), "d1", "d3", "d4").Advance();
        Assert.Equal(["d1"], play.Offered);

        play.Offline("d1").Wait(ServiceClock.OfflineAfter + Second).Advance();
        Assert.Equal(["d1", "d3"], play.Offered);

        play.Download("d3").Offline("d3").Wait(Deadline + Second).Advance();
        Assert.Equal(["d1", "d3", "d4"], play.Offered);
        Assert.Equal(RolloutState.Running, play.Rollout.State);
    }

    [Theory]
    [InlineData("d1", "d2", "d3", "d4")]
    [InlineData("d9", "d10", "d11", "d12")]
    public void CanaryOfAThird_IsExactlyTwoOfFour(params string[] devices)
    {
        var play = new RolloutPlay(SampleFleet.Rollout(new("canary", 0.34, SampleFleet.NoLabels), All), devices).Advance();

        Assert.Equal(2, play.Offered.Count());
    }

    [Fact]
    public void RolledBack_IsSaidWhenNobodyIsOnTheWay()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1", "d2").Advance().Download("d1").Fail("d2").Advance();
        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);

        play.GoBack("d1").Advance();
        Assert.Equal(RolloutState.RolledBack, play.Rollout.State);
    }

    [Fact]
    public void RolledBack_DoesNotWaitForTheDead()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1", "d2").Advance().Download("d1").Fail("d2").Offline("d1").Advance();

        play.Wait(ServiceClock.OfflineAfter + Second).Advance();
        Assert.Equal(RolloutState.RolledBack, play.Rollout.State);
    }

    [Fact]
    public void SkippedRing_OpensTheNext()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), "d1", "d3", "d4").Advance();
        play.Apply(RolloutCommands.Pause(play.Rollout, play.Channel, RolloutMove.Pause, "Manual", "look", play.Now));

        play.Apply(RolloutEngine.Skip(play.Rollout, play.Channel, play.Fleet, "retired", play.Clock)!);

        Assert.Equal((RolloutState.Running, 1, "skipped: retired"), (play.Rollout.State, play.Rollout.CurrentRing, play.Rollout.Rings[0].Reason));
    }

    [Fact]
    public void RingWhoseDeviceIsGoneFromTheFleet_IsGivenUpAtTheDeadlineAndNotBefore()
    {
        var lab = new Ring("lab", 1, new Dictionary<string, string> { ["site"] = "lab" });
        var play = new RolloutPlay(SampleFleet.Rollout(lab, All), "d1").Join("d4", ("site", "lab")).Advance();
        Assert.Equal(["d4"], play.Offered);

        play.Leave("d4").Wait(Deadline).Advance();
        Assert.Equal(0, play.Rollout.CurrentRing);

        play.Wait(Second).Advance();
        Assert.Equal(1, play.Rollout.CurrentRing);
    }

    [Fact]
    public void LastRing_IsNotSkipped()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(All), "d1").Advance();

        Assert.Null(RolloutEngine.Skip(play.Rollout, play.Channel, play.Fleet, "why", play.Clock));
    }

    [Fact]
    public void LargeRing_AFewThatFail_DoNotUndoIt()
    {
        var fleet = Enumerable.Range(1, 60).Select(number => $"d{number}").ToArray();
        var rollout = SampleFleet.Rollout(All);
        var play = new RolloutPlay(rollout.WithRing(0, rollout.Rings[0] with { ErrorThreshold = 0.05 }), fleet).Advance();

        play.Commit(fleet[2..]).Fail(fleet[..2]).Advance();

        Assert.Equal(RolloutState.Finished, play.Rollout.State);
        Assert.Contains("58 of 60 devices committed; 2 failed: d1 (FAILED", play.Fact<RingPassed>().Reason, StringComparison.Ordinal);
    }
}
