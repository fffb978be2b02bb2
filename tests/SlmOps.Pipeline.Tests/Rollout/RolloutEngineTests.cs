using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

/// <summary>The rings are canary 8.2 % (one of twelve), early 50 %, all; see <see cref="RingPlanTests"/> for where devices are.</summary>
public sealed class RolloutEngineTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1800);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly string[] Twelve = [.. Enumerable.Range(1, 12).Select(number => $"d{number}")];

    [Fact]
    public void Play_EverybodyCommits_FinishesRingByRing()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance();
        Assert.Equal(["started", "ring-started 0"], play.Facts);
        Assert.Equal(["d10"], play.Offered);
        Assert.Equal(new RingStarted("phi@2.0.0", 0, "canary", 1), play.Fact<RingStarted>());

        play.Soak("d10").Advance();
        Assert.Equal(["d10"], play.Offered);

        play.Commit("d10").Advance();
        Assert.Equal(["d2", "d7", "d9", "d10", "d11", "d12"], play.Offered);
        Assert.Equal(new RingStarted("phi@2.0.0", 1, "early", 5), play.Fact<RingStarted>());

        play.Commit("d2", "d7", "d9", "d11").Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);
        Assert.Equal(1, play.Rollout.CurrentRing);

        play.Commit("d12").Advance();
        Assert.Equal(Twelve, play.Offered);

        play.Wait(Second).Commit("d1", "d3", "d4", "d5", "d6", "d8").Advance();
        Assert.Equal(
            [
                "started",
                "ring-started 0",
                "ring-passed 0",
                "ring-started 1",
                "ring-passed 1",
                "ring-started 2",
                "ring-passed 2",
                "completed",
            ],
            play.Facts);
        Assert.Equal(new RingPassed("phi@2.0.0", 2, "all", 6, "6 of 6 devices committed"), play.Fact<RingPassed>());
        Assert.Equal(new RolloutCompleted("phi@2.0.0", 12), play.Fact<RolloutCompleted>());
        Assert.Equal((RolloutState.Finished, play.Now), (play.Rollout.State, play.Rollout.EndedAt));
        Assert.Equal((SampleFleet.Release, null), (play.Channel.Stable, play.Channel.Candidate));
        Assert.Empty(play.Channel.Withdrawn);
        Assert.Empty(play.Offered);
        Assert.All(play.Rollout.Rings, ring => Assert.Equal(RingState.Finished, ring.State));
    }

    [Fact]
    public void Play_OneDevice_IsCanaryAndAll()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), "d4").Advance();
        Assert.Equal(["d4"], play.Offered);

        play.Commit("d4").Advance();

        Assert.Equal(RolloutState.Finished, play.Rollout.State);
        Assert.Equal(new RolloutCompleted("phi@2.0.0", 1), play.Fact<RolloutCompleted>());
    }

    [Fact]
    public void Play_AFailure_WithdrawsAndReturnsToThePreviousRelease()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance().Commit("d10").Advance();

        play.Commit("d11", "d12").Soak("d2").Fail("d9").Advance();

        Assert.Equal(["started", "ring-started 0", "ring-passed 0", "ring-started 1", "rolled-back"], play.Facts);
        Assert.Equal(
            new RolledBack("phi@2.0.0", 1, "1 of 5 devices failed: d9 (FAILED_ROLLBACK_COMPLETE, smoke-mismatch)", SampleFleet.Previous), play.Fact<RolledBack>());
        Assert.Equal((RolloutState.RollingBack, "ErrorThreshold"), (play.Rollout.State, play.Rollout.ReasonCode));
        Assert.Equal(RingState.Error, play.Rollout.Rings[1].State);
        Assert.Equal((SampleFleet.Previous, "phi@2.0.0"), (play.Channel.Stable, play.Channel.Candidate));
        Assert.Equal([SampleFleet.Release.Digest], play.Channel.Withdrawn);
        Assert.Empty(play.Offered);

        play.GoBack("d10", "d11", "d12").Advance();
        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);

        play.Wait(Second).GoBack("d2").Advance();
        Assert.Equal(
            (RolloutState.RolledBack, play.Now, "ErrorThreshold"),
            (play.Rollout.State, play.Rollout.EndedAt, play.Rollout.ReasonCode));
        Assert.Equal((SampleFleet.Previous, null), (play.Channel.Stable, play.Channel.Candidate));
        Assert.Equal([SampleFleet.Release.Digest], play.Channel.Withdrawn);
        Assert.Single(play.Facts, fact => fact == "rolled-back");
    }

    [Fact]
    public void Play_FirstReleaseFails_LeavesTheChannelEmpty()
    {
        var play = new RolloutPlay(SampleFleet.Rollout() with { Previous = null }, "d10")
        {
            Channel = SampleFleet.Channel() with { Stable = null },
        };

        play.Advance().Fail("d10").Advance();

        Assert.Null(play.Fact<RolledBack>().Restored);
        Assert.Equal(RolloutState.RolledBack, play.Rollout.State);
        Assert.Equal((null, null), (play.Channel.Stable, play.Channel.Candidate));
    }

    [Fact]
    public void Play_DeviceThatRunsTheWithdrawnReleaseAndIsGone_IsNotWaitedForForever()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance().Commit("d10").Advance().Fail("d9").Offline("d10").Advance();

        play.Wait(ServiceClock.OfflineAfter).Advance();
        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);

        play.Wait(Second).Advance();
        Assert.Equal(RolloutState.RolledBack, play.Rollout.State);
    }

    [Fact]
    public void Play_SilencePastTheDeadline_Withdraws()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance().Soak("d10");

        play.Wait(Deadline).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Second).Advance();
        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);
        Assert.Contains("1 of 1 devices silent for 1800 s", play.Fact<RolledBack>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Play_RingNobodyIsIn_IsSkippedAndFinishesNothing()
    {
        var lab = new Ring("lab", 1, new Dictionary<string, string> { ["site"] = "lab" });
        var play = new RolloutPlay(SampleFleet.Rollout(lab, new Ring("all", 1, SampleFleet.NoLabels)), "d1", "d2").Advance();

        Assert.Equal(["started", "ring-started 0", "ring-passed 0", "ring-started 1"], play.Facts);
        Assert.Equal("no device of the fleet is in this ring", play.Fact<RingPassed>().Reason);
        Assert.Equal(["d1", "d2"], play.Offered);

        play.Commit("d1", "d2").Advance();
        Assert.Equal(RolloutState.Finished, play.Rollout.State);
    }

    [Fact]
    public void Play_LabelledDevices_GoFirst()
    {
        var lab = new Ring("lab", 1, new Dictionary<string, string> { ["site"] = "lab" });
        var play = new RolloutPlay(SampleFleet.Rollout(lab, new Ring("all", 1, SampleFleet.NoLabels)), "d1")
            .Join("d4", ("site", "lab"))
            .Advance();

        Assert.Equal(["d4"], play.Offered);

        play.Commit("d4").Advance();
        Assert.Equal(["d1", "d4"], play.Offered);
    }

    [Fact]
    public void Play_NoDevices_WaitsHoweverLong()
    {
        var play = new RolloutPlay(SampleFleet.Rollout()).Advance();

        play.Wait(TimeSpan.FromDays(30)).Advance();

        Assert.Equal((RolloutState.Running, 0), (play.Rollout.State, play.Rollout.CurrentRing));
        Assert.Equal(["started", "ring-started 0"], play.Facts);
    }

    [Fact]
    public void Play_DevicesThatAppearLate_GetTheirTime()
    {
        var play = new RolloutPlay(SampleFleet.Rollout()).Advance().Wait(TimeSpan.FromDays(30));
        var version = play.Channel.Version;

        play.Join("d3").Join("d4").Advance();
        Assert.Equal(["d3"], play.Offered);
        Assert.Equal(version + 1, play.Channel.Version);
        Assert.Equal(play.Now, play.Rollout.Rings[0].StartedAt);
        Assert.Equal(["started", "ring-started 0"], play.Facts);

        play.Wait(Deadline).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Commit("d3").Advance();
        Assert.Equal(["d3", "d4"], play.Offered);
    }

    [Fact]
    public void Play_LateDeviceInAnEarlierRing_IsWatchedToo()
    {
        var lab = new Ring("lab", 1, new Dictionary<string, string> { ["site"] = "lab" });
        var play = new RolloutPlay(SampleFleet.Rollout(lab, new Ring("all", 1, SampleFleet.NoLabels)), "d1", "d2").Advance();
        Assert.Equal(1, play.Rollout.CurrentRing);

        play.Join("d3", ("site", "lab")).Advance().Fail("d3").Advance();

        Assert.Equal(RolloutState.RolledBack, play.Rollout.State);
        Assert.Contains("d3", play.Fact<RolledBack>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Play_OfflineDevicesAlone_PausesForAPerson()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(new Ring("all", 1, SampleFleet.NoLabels)), "d10", "d1")
            .Advance()
            .Offline("d10", "d1");

        play.Wait(Deadline).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Second).Advance();
        Assert.Equal((RolloutState.Paused, "NoData"), (play.Rollout.State, play.Rollout.ReasonCode));
        Assert.StartsWith("no verdict from 2 devices; 2 offline: d10 (has not begun", play.Rollout.Reason, StringComparison.Ordinal);

        // Still nothing: a person's word starts the clock again and proves nothing.
        play.Apply(RolloutCommands.Resume(play.Rollout, play.Channel, play.Now)).Wait(Deadline + Second).Advance();
        Assert.Equal(RolloutState.Paused, play.Rollout.State);
        Assert.Equal(2, play.Facts.Count(fact => fact.StartsWith("paused", StringComparison.Ordinal)));

        play.Apply(RolloutCommands.Resume(play.Rollout, play.Channel, play.Now)).Online("d10").Commit("d10").Advance();

        // The other one is not heard of; it is no evidence.
        Assert.Equal(RolloutState.Finished, play.Rollout.State);
    }

    [Fact]
    public void Play_IncompatibleDevicesAlone_NeverPass()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(new Ring("all", 1, SampleFleet.NoLabels)), "d1", "d2")
            .Advance()
            .Unfit("d1", "d2")
            .Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Deadline + Second).Advance();
        Assert.Equal(RolloutState.Paused, play.Rollout.State);
    }

    [Fact]
    public void Play_IncompatibleDeviceAmongOthers_DoesNotHoldThemUp()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(new Ring("all", 1, SampleFleet.NoLabels)), "d1", "d2")
            .Advance()
            .Unfit("d1")
            .Commit("d2")
            .Advance();

        Assert.Equal(RolloutState.Finished, play.Rollout.State);
        Assert.Equal(new RolloutCompleted("phi@2.0.0", 1), play.Fact<RolloutCompleted>());
    }

    [Fact]
    public void Pause_StopsTheClock_ResumeStartsItAnew()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance().Soak("d10").Wait(Deadline);
        play.Apply(RolloutCommands.Pause(play.Rollout, play.Channel, RolloutMove.Pause, "Manual", "lunch", play.Now));
        Assert.Equal(new RolloutPaused("phi@2.0.0", 0, "Manual", "lunch"), play.Fact<RolloutPaused>());

        play.Wait(TimeSpan.FromDays(1)).Advance();
        Assert.Equal((RolloutState.Paused, "lunch"), (play.Rollout.State, play.Rollout.Reason));

        play.Apply(RolloutCommands.Resume(play.Rollout, play.Channel, play.Now)).Advance();
        Assert.Equal((RolloutState.Running, null, play.Now), (play.Rollout.State, play.Rollout.Reason, play.Rollout.Rings[0].StartedAt));

        play.Wait(Deadline).Advance();
        Assert.Equal(RolloutState.Running, play.Rollout.State);

        play.Wait(Second).Advance();
        Assert.Equal(RolloutState.RollingBack, play.Rollout.State);
    }

    [Fact]
    public void Pause_DeviceFails_IsWithdrawnAllTheSame()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance();
        play.Apply(RolloutCommands.Pause(play.Rollout, play.Channel, RolloutMove.Pause, "Manual", "lunch", play.Now));

        play.Fail([.. play.Offered.Take(1)]).Advance();

        Assert.Equal("ErrorThreshold", play.Rollout.ReasonCode);
        Assert.Equal([SampleFleet.Release.Digest], play.Channel.Withdrawn);
    }

    [Fact]
    public void Pause_Twice_GivesTwoFacts()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), Twelve).Advance();
        for (var times = 0; times < 2; times++)
        {
            play.Apply(RolloutCommands.Pause(play.Rollout, play.Channel, RolloutMove.Pause, "Manual", "why", play.Now));
            play.Apply(RolloutCommands.Resume(play.Rollout, play.Channel, play.Now));
        }

        Assert.Equal(2, play.Facts.Count(fact => fact.StartsWith("paused 0/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Withdraw_FinishedRollout_RestoresWhatWasBefore()
    {
        var play = new RolloutPlay(SampleFleet.Rollout(), "d4").Advance().Commit("d4").Advance();
        Assert.Equal(SampleFleet.Release, play.Channel.Stable);

        play.Apply(RolloutCommands.Withdraw(play.Rollout, play.Channel, RolloutMove.RollBack, "Manual", "worse answers", play.Now)).Advance();

        Assert.Equal((RolloutState.RollingBack, "Manual"), (play.Rollout.State, play.Rollout.ReasonCode));
        Assert.Equal(new RolledBack("phi@2.0.0", 2, "worse answers", SampleFleet.Previous), play.Fact<RolledBack>());
        Assert.Equal((SampleFleet.Previous, "phi@2.0.0"), (play.Channel.Stable, play.Channel.Candidate));
        Assert.Equal([SampleFleet.Release.Digest], play.Channel.Withdrawn);

        play.GoBack("d4").Advance();
        Assert.Equal(RolloutState.RolledBack, play.Rollout.State);
        Assert.Null(play.Channel.Candidate);
    }

    [Fact]
    public void Withdraw_FullList_KeepsTheNewest()
    {
        var old = Enumerable.Range(0, ChannelRecord.MaxWithdrawn).Select(number => SampleFleet.Of($"0.{number}").Digest).ToList();
        var play = new RolloutPlay(SampleFleet.Rollout(), "d10")
        {
            Channel = SampleFleet.Channel() with { Withdrawn = [.. old.Take(63), SampleFleet.Release.Digest] },
        };
        play.Advance().Fail("d10").Advance();
        Assert.Equal([.. old.Take(63), SampleFleet.Release.Digest], play.Channel.Withdrawn);

        play = new RolloutPlay(SampleFleet.Rollout(), "d10") { Channel = SampleFleet.Channel() with { Withdrawn = old } };
        play.Advance().Fail("d10").Advance();
        Assert.Equal([.. old.Skip(1), SampleFleet.Release.Digest], play.Channel.Withdrawn);
    }

    [Theory]
    [InlineData("Finished")]
    [InlineData("RolledBack")]
    [InlineData("Superseded")]
    public void Next_NothingToDo_IsNull(string state)
    {
        var rollout = SampleFleet.Rollout() with { State = Enum.Parse<RolloutState>(state) };

        Assert.Null(
            RolloutEngine.Next(
                rollout,
                SampleFleet.Channel(),
                [SampleFleet.Device("d10", DeviceState.FailedNoStateChange)],
                new(SampleFleet.Start.AddDays(9))));
    }

    [Fact]
    public void Move_IllegalPair_IsADefectOfTheCaller()
    {
        var fault = Assert.Throws<InvalidOperationException>(
            () => RolloutEngine.Move(SampleFleet.Rollout(), RolloutMove.Resume, null, null, null));

        Assert.Equal("A rollout that is Ready cannot Resume.", fault.Message);
    }
}
