using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;

namespace SlmOps.Pipeline.Rollout;

/// <summary>One step of a rollout: the new state, and the facts that became true.</summary>
internal sealed record RolloutStep(RolloutRecord Rollout, ChannelRecord Channel, IReadOnlyList<RolloutFact> Facts);

/// <summary>A fact to publish. The occurrence makes its id unique in the rollout.</summary>
internal sealed record RolloutFact(string Type, string Occurrence, object Data);

/// <summary>Decides the next step of a rollout from its records, the fleet and the time. Pure.</summary>
internal static class RolloutEngine
{
    /// <summary>The next step, or null when there is nothing to do before something changes.</summary>
    internal static RolloutStep? Next(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock) => rollout.State switch
        {
            RolloutState.Ready => Start(rollout, channel, fleet, clock),
            RolloutState.Running => ClassExclusion.Next(rollout, channel, fleet, clock.Now) ?? Evaluate(rollout, channel, fleet, clock),
            RolloutState.Paused =>
                ClassExclusion.Next(rollout, channel, fleet, clock.Now) ?? WithdrawFailed(rollout, channel, fleet, clock),
            RolloutState.RollingBack => AwaitReturn(rollout, channel, fleet, clock),
            _ => null,
        };

    /// <summary>Opens the next ring without a verdict on the open one: a person says that its devices will not answer.</summary>
    /// <returns>Null for the last ring, whose passing is what finishes a rollout.</returns>
    internal static RolloutStep? Skip(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, string reason, ServiceClock clock)
    {
        var index = rollout.CurrentRing;
        if (index == rollout.Rings.Count - 1)
        {
            return null;
        }

        var skipped = rollout.WithRing(index, rollout.Rings[index] with { State = RingState.Finished, Reason = $"skipped: {reason}" });
        return Open(Move(skipped, RolloutMove.Resume, null, null, null), index + 1, channel, fleet, clock);
    }

    /// <summary>Moves along the table; an illegal pair is a defect of the caller.</summary>
    internal static RolloutRecord Move(
        RolloutRecord rollout, RolloutMove move, string? code, string? reason, DateTimeOffset? endedAt) => rollout with
        {
            State = RolloutTable.Next(rollout.State, move)
                ?? throw new InvalidOperationException($"A rollout that is {rollout.State} cannot {move}."),
            ReasonCode = code,
            Reason = reason,
            EndedAt = endedAt,
        };

    private static RolloutStep Start(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock)
    {
        var started = new RolloutFact(EventTypes.RolloutStarted, "", new RolloutStarted(
            rollout.Id, rollout.Channel, rollout.Release, [.. rollout.Rings.Select(ring => ring.Ring.Name)]));
        var opened = Open(Move(rollout, RolloutMove.Start, null, null, null), 0, channel, fleet, clock);
        return opened with { Facts = [started, .. opened.Facts] };
    }

    private static RolloutStep Open(
        RolloutRecord rollout, int index, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock)
    {
        var ring = rollout.Rings[index];
        ring = ring with
        {
            Ring = RingPlan.Reach(rollout, index, fleet, clock),
            Share = ring.Share ?? ring.Ring.Fraction,
            State = RingState.Running,
            StartedAt = clock.Now,
        };
        var opened = rollout.WithRing(index, ring) with { CurrentRing = index };
        var devices = fleet.Count(device => opened.RingOf(device) == index);
        return new(
            opened.WithRing(index, ring with { HadDevices = devices > 0 }),
            channel.Next(clock.Now),
            [new(EventTypes.RingStarted, $"{index}", new RingStarted(rollout.Id, index, ring.Ring.Name, devices))]);
    }

    private static RolloutStep? Evaluate(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock)
    {
        var index = rollout.CurrentRing;
        var rings = Members(rollout, fleet);
        var health = RingHealth.Of(rollout, rollout.Rings[index], rings[index], clock);
        var verdict = Judge(rollout, fleet, rings, health, clock);
        if (verdict.Outcome != GateOutcome.Fail && Wider(rollout, fleet, health, verdict, clock) is { } wider)
        {
            var ring = rollout.Rings[index] with { Ring = wider, StartedAt = clock.Now };
            return new(rollout.WithRing(index, ring), channel.Next(clock.Now), []);
        }

        return verdict.Outcome switch
        {
            GateOutcome.Pass => Pass(rollout, channel, fleet, health, verdict.Reason, clock),
            GateOutcome.Fail =>
                RolloutCommands.Withdraw(rollout, channel, RolloutMove.RingFailed, "ErrorThreshold", verdict.Reason, clock.Now),
            GateOutcome.NoData => RolloutCommands.Pause(rollout, channel, RolloutMove.NoData, "NoData", verdict.Reason, clock.Now),
            _ => null,
        };
    }

    /// <summary>
    /// The open ring for more devices, or null: the ones that came after it was opened to nobody, or the next one where none of
    /// its own can answer.
    /// </summary>
    private static Ring? Wider(
        RolloutRecord rollout, IReadOnlyList<DeviceRecord> fleet, RingHealth health, GateVerdict verdict, ServiceClock clock)
    {
        if (health.Total == 0)
        {
            var reached = RingPlan.Reach(rollout, rollout.CurrentRing, fleet, clock);
            return reached.Fraction > rollout.Rings[rollout.CurrentRing].Ring.Fraction ? reached : null;
        }

        return verdict.Outcome == GateOutcome.NoData || health.Living == 0
            ? RingPlan.Widen(rollout, rollout.CurrentRing, fleet, clock)
            : null;
    }

    private static RolloutStep? WithdrawFailed(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock)
    {
        // A pause is no silence: nobody is asked to say anything.
        var rings = Members(rollout, fleet);
        return AgainstAny(rollout, rings, rollout.CurrentRing + 1, clock, Standing.Failed) is { } why
            ? RolloutCommands.Withdraw(rollout, channel, RolloutMove.RingFailed, "ErrorThreshold", $"{why}, while paused", clock.Now)
            : null;
    }

    private static GateVerdict Judge(
        RolloutRecord rollout, IReadOnlyList<DeviceRecord> fleet, IReadOnlyList<IReadOnlyList<DeviceRecord>> rings, RingHealth health,
        ServiceClock clock)
    {
        // A ring passes once, but a device may come into it later.
        if (AgainstAny(rollout, rings, rollout.CurrentRing, clock, Standing.Failed, Standing.Silent) is { } why)
        {
            return new(GateOutcome.Fail, why);
        }

        var ring = rollout.Rings[rollout.CurrentRing];
        var open = clock.Elapsed(ring.StartedAt ?? clock.Now);
        var deadline = TimeSpan.FromSeconds(rollout.DeadlineSeconds);
        if (health.Total == 0 && (!ring.HadDevices || open > deadline) && fleet.Any(device => clock.IsRecent(device.LastSeen)))
        {
            // A ring nobody is in proves nothing, so it may be skipped but cannot be what finishes a rollout.
            return rollout.CurrentRing < rollout.Rings.Count - 1 || Committed(rollout, fleet, clock) > 0
                ? new(GateOutcome.Pass, "no device of the fleet is in this ring")
                : new(GateOutcome.Wait, "no device committed yet");
        }

        // Nor do devices that cannot run it, or are not there; where others run it, nobody waits for them.
        return health is { Total: > 0, Living: 0 } && Committed(rollout, fleet, clock) > 0
            ? new(
                GateOutcome.Pass,
                $"no device of this ring is there or can run it: {health.Names(Standing.Offline, Standing.Incompatible)}")
            : RingGate.Decide(health, ring, open, deadline);
    }

    /// <summary>Why one of the first rings is against the release, for what counts; null when none is.</summary>
    private static string? AgainstAny(
        RolloutRecord rollout, IReadOnlyList<IReadOnlyList<DeviceRecord>> rings, int count, ServiceClock clock,
        params IReadOnlyList<Standing> counted) => Enumerable.Range(0, count)
        .Select(index =>
        {
            var health = RingHealth.Of(rollout, rollout.Rings[index], rings[index], clock);
            var heard = new RingHealth([.. health.Devices.Select(device =>
                device.Standing is Standing.Failed or Standing.Silent && !counted.Contains(device.Standing)
                    ? device with { Standing = Standing.Watching }
                    : device)]);
            return RingGate.Against(heard, rollout.Rings[index], TimeSpan.FromSeconds(rollout.DeadlineSeconds)) is { } why
                ? $"{why}, in ring {rollout.Rings[index].Ring.Name}"
                : null;
        })
        .FirstOrDefault(why => why is not null);

    private static RolloutStep Pass(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, RingHealth health, string reason,
        ServiceClock clock)
    {
        var index = rollout.CurrentRing;
        var ring = rollout.Rings[index];
        var passed = rollout.WithRing(index, ring with { State = RingState.Finished, Reason = reason });
        var fact = new RolloutFact(EventTypes.RingPassed, $"{index}", new RingPassed(
            rollout.Id, index, ring.Ring.Name, health.Count(Standing.Committed), reason));
        if (index < rollout.Rings.Count - 1)
        {
            var next = Open(Move(passed, RolloutMove.RingPassed, null, null, null), index + 1, channel, fleet, clock);
            return next with { Facts = [fact, .. next.Facts] };
        }

        return new(
            Move(passed, RolloutMove.LastRingPassed, null, null, clock.Now),
            channel.Next(clock.Now) with { Stable = rollout.Release, StableRollout = rollout.Id, Candidate = null },
            [fact, new(EventTypes.RolloutCompleted, "", new RolloutCompleted(rollout.Id, Committed(rollout, fleet, clock)))]);
    }

    /// <summary>It is rolled back when no device that is heard of runs the release, or is on its way to.</summary>
    private static RolloutStep? AwaitReturn(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock) =>
        fleet.Any(device => StillHas(rollout, device) && clock.IsRecent(device.LastSeen) && !device.IsInConflict(clock))
            ? null
            : new(
                Move(rollout, RolloutMove.DevicesBack, rollout.ReasonCode, rollout.Reason, clock.Now),
                channel.Next(clock.Now) with { Candidate = null },
                []);

    private static bool StillHas(RolloutRecord rollout, DeviceRecord device) => device.Deployment is { } status
        && (rollout.Manifests.Contains(status.Active) || (status.Release == rollout.Release.Digest && !IsFinal(status.State)));

    private static bool IsFinal(DeviceState state) => state is
        DeviceState.Committed or DeviceState.AlreadyInstalled or DeviceState.Superseded or DeviceState.Rejected
        or DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete or DeviceState.FailedUnableToRollback;

    /// <summary>The devices of each ring that has been opened, in the order of the rings.</summary>
    private static IReadOnlyList<IReadOnlyList<DeviceRecord>> Members(RolloutRecord rollout, IReadOnlyList<DeviceRecord> fleet)
    {
        var members = rollout.Rings.Take(rollout.CurrentRing + 1).Select(_ => new List<DeviceRecord>()).ToList();
        foreach (var device in fleet)
        {
            if (rollout.RingOf(device) is >= 0 and var ring)
            {
                members[ring].Add(device);
            }
        }

        return members;
    }

    private static int Committed(RolloutRecord rollout, IReadOnlyList<DeviceRecord> devices, ServiceClock clock) => devices.Count(device =>
        rollout.StatusOf(device) is { State: DeviceState.Committed or DeviceState.AlreadyInstalled } && !device.IsInConflict(clock));
}
