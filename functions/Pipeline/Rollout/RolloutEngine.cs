using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;

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
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, DateTimeOffset now) => rollout.State switch
        {
            RolloutState.Ready => Start(rollout, channel, fleet, now),
            RolloutState.Running => Evaluate(rollout, channel, fleet, now),
            RolloutState.Paused => WithdrawFailed(rollout, channel, fleet, now),
            RolloutState.RollingBack => AwaitReturn(rollout, channel, fleet, now),
            _ => null,
        };

    /// <summary>Takes the release out of the channel; its devices go back to what the channel ran before.</summary>
    internal static RolloutStep Withdraw(
        RolloutRecord rollout, ChannelRecord channel, RolloutMove move, string code, string reason, DateTimeOffset now)
    {
        var withdrawn = rollout.WithRing(
            rollout.CurrentRing,
            rollout.Rings[rollout.CurrentRing] with
            {
                State = RingState.Error,
                Reason = reason,
            }
        );
        return new(
            Move(withdrawn, move, code, reason, null),
            channel.Next(now) with
            {
                Candidate = rollout.Id,
                Stable = channel.Stable?.Digest == rollout.Release.Digest ? rollout.Previous : channel.Stable,
                Withdrawn = [.. channel.Withdrawn.Where(digest => digest != rollout.Release.Digest)
                    .Append(rollout.Release.Digest).TakeLast(ChannelRecord.MaxWithdrawn)],
            },
            [new(EventTypes.RolledBack, "", new RolledBack(rollout.Id, rollout.CurrentRing, reason, rollout.Previous))]);
    }

    internal static RolloutStep Pause(
        RolloutRecord rollout, ChannelRecord channel, RolloutMove move, string code, string reason, DateTimeOffset now) => new(
            Move(rollout, move, code, reason, null),
            channel.Next(now),
            [
                new(
                    EventTypes.RolloutPaused,
                    $"{rollout.CurrentRing}/{channel.Version + 1}",
                    new RolloutPaused(rollout.Id, rollout.CurrentRing, code, reason)),
            ]);

    internal static RolloutStep Resume(RolloutRecord rollout, ChannelRecord channel, DateTimeOffset now)
    {
        // The ring's clock starts anew: the pause must not count as silence.
        var ring = rollout.Rings[rollout.CurrentRing] with { StartedAt = now, State = RingState.Running, Reason = null };
        return new(Move(rollout.WithRing(rollout.CurrentRing, ring), RolloutMove.Resume, null, null, null), channel.Next(now), []);
    }

    /// <summary>A newer release takes the channel over. What was being withdrawn keeps its reason.</summary>
    internal static RolloutRecord Supersede(RolloutRecord rollout, string newer, DateTimeOffset now) =>
        rollout.State == RolloutState.RollingBack
            ? Move(rollout, RolloutMove.Supersede, rollout.ReasonCode, rollout.Reason, now)
            : Move(rollout, RolloutMove.Supersede, "Superseded", $"{newer} is newer", now);

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
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, DateTimeOffset now)
    {
        var started = new RolloutFact(EventTypes.RolloutStarted, "", new RolloutStarted(
            rollout.Id, rollout.Channel, rollout.Release, [.. rollout.Rings.Select(ring => ring.Ring.Name)]));
        var opened = Open(Move(rollout, RolloutMove.Start, null, null, null), 0, channel, fleet, now);
        return opened with { Facts = [started, .. opened.Facts] };
    }

    private static RolloutStep Open(
        RolloutRecord rollout, int index, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, DateTimeOffset now)
    {
        var ring = rollout.Rings[index] with { Ring = RingPlan.Reach(rollout, index, fleet), State = RingState.Running, StartedAt = now };
        var opened = rollout.WithRing(index, ring) with { CurrentRing = index };
        var devices = fleet.Count(device => opened.RingOf(device) == index);
        return new(
            opened,
            channel.Next(now),
            [new(EventTypes.RingStarted, $"{index}", new RingStarted(rollout.Id, index, ring.Ring.Name, devices))]);
    }

    private static RolloutStep? Evaluate(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, DateTimeOffset now)
    {
        var index = rollout.CurrentRing;
        var ring = rollout.Rings[index];
        var reached = RingPlan.Reach(rollout, index, fleet);
        if (reached.Fraction > ring.Ring.Fraction)
        {
            // Devices appeared after the ring was opened to nobody.
            return new(rollout.WithRing(index, ring with { Ring = reached, StartedAt = now }), channel.Next(now), []);
        }

        var members = fleet.Where(device => rollout.RingOf(device) == index).ToList();
        var verdict = Judge(rollout, fleet, members, now);
        return verdict.Outcome switch
        {
            GateOutcome.Pass => Pass(rollout, channel, fleet, members, verdict.Reason, now),
            GateOutcome.Fail => Withdraw(rollout, channel, RolloutMove.RingFailed, "ErrorThreshold", verdict.Reason, now),
            GateOutcome.NoData => Pause(rollout, channel, RolloutMove.NoData, "NoData", verdict.Reason, now),
            _ => null,
        };
    }

    private static RolloutStep? WithdrawFailed(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, DateTimeOffset now)
    {
        var exposed = RingGate.Count(rollout, fleet.Where(device => rollout.RingOf(device) >= 0), now);
        return exposed.Failed == 0
            ? null
            : Withdraw(rollout, channel, RolloutMove.RingFailed, "ErrorThreshold",
                $"{exposed.Failed} of {exposed.Total} devices failed while paused; {exposed.FirstFailure}", now);
    }

    private static GateVerdict Judge(
        RolloutRecord rollout, IReadOnlyList<DeviceRecord> fleet, List<DeviceRecord> members, DateTimeOffset now)
    {
        // A ring passes once, but a device may come into it later.
        var earlier = RingGate.Count(
            rollout, fleet.Where(device => rollout.RingOf(device) is >= 0 and var ring && ring < rollout.CurrentRing), now);
        if (earlier.Failed > 0)
        {
            return new(GateOutcome.Fail, $"{earlier.Failed} of {earlier.Total} devices of earlier rings failed; {earlier.FirstFailure}");
        }

        var last = rollout.CurrentRing == rollout.Rings.Count - 1;
        if (members.Count == 0 && fleet.Count > 0)
        {
            // A ring nobody is in proves nothing, so it may be skipped but cannot be what finishes a rollout.
            return !last || Committed(rollout, fleet) > 0
                ? new(GateOutcome.Pass, "no device of the fleet is in this ring")
                : new(GateOutcome.Wait, "no device committed yet");
        }

        var opened = rollout.Rings[rollout.CurrentRing].StartedAt ?? now;
        return RingGate.Decide(
            RingGate.Count(rollout, members, now), now - opened, TimeSpan.FromSeconds(rollout.DeadlineSeconds));
    }

    private static RolloutStep Pass(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, List<DeviceRecord> members,
        string reason, DateTimeOffset now)
    {
        var index = rollout.CurrentRing;
        var ring = rollout.Rings[index];
        var passed = rollout.WithRing(index, ring with { State = RingState.Finished, Reason = reason });
        var fact = new RolloutFact(EventTypes.RingPassed, $"{index}", new RingPassed(
            rollout.Id, index, ring.Ring.Name, Committed(rollout, members), reason));
        if (index < rollout.Rings.Count - 1)
        {
            var next = Open(Move(passed, RolloutMove.RingPassed, null, null, null), index + 1, channel, fleet, now);
            return next with { Facts = [fact, .. next.Facts] };
        }

        return new(
            Move(passed, RolloutMove.LastRingPassed, null, null, now),
            channel.Next(now) with { Stable = rollout.Release, Candidate = null },
            [fact, new(EventTypes.RolloutCompleted, "", new RolloutCompleted(rollout.Id, Committed(rollout, fleet)))]);
    }

    private static RolloutStep? AwaitReturn(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, DateTimeOffset now)
    {
        var still = fleet.Count(device => device.Deployment is { Active.IsEmpty: false } status
            && rollout.Manifests.Contains(status.Active)
            && now - device.LastSeen <= RingGate.OfflineAfter);
        return still > 0
            ? null
            : new(
                Move(rollout, RolloutMove.DevicesBack, rollout.ReasonCode, rollout.Reason, now),
                channel.Next(now) with { Candidate = null },
                []);
    }

    private static int Committed(RolloutRecord rollout, IReadOnlyList<DeviceRecord> devices) => devices.Count(device =>
        device.Deployment is { State: DeviceState.Committed or DeviceState.AlreadyInstalled } status
        && status.Release == rollout.Release.Digest);
}
