using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;

namespace SlmOps.Pipeline.Rollout;

/// <summary>What takes a rollout out of its way: a failure, a person, a newer one. Pure.</summary>
internal static class RolloutCommands
{
    /// <summary>Takes the release out of the channel; its devices go back to what the channel ran before.</summary>
    internal static RolloutStep Withdraw(
        RolloutRecord rollout, ChannelRecord channel, RolloutMove move, string code, string reason, DateTimeOffset now)
    {
        var stable = channel.Stable?.Digest == rollout.Release.Digest;
        var withdrawn = rollout.WithRing(
            rollout.CurrentRing,
            rollout.Rings[rollout.CurrentRing] with
            {
                State = RingState.Error,
                Reason = reason,
            }
        );
        return new(
            RolloutEngine.Move(withdrawn, move, code, reason, null),
            channel.Next(now) with
            {
                Candidate = rollout.Id,
                Stable = stable ? rollout.Previous : channel.Stable,
                StableRollout = stable ? rollout.PreviousRollout : channel.StableRollout,
                Withdrawn = Listed(channel, rollout.Release.Digest),
            },
            [new(EventTypes.RolledBack, "", new RolledBack(rollout.Id, rollout.CurrentRing, reason, rollout.Previous))]);
    }

    internal static RolloutStep Pause(
        RolloutRecord rollout, ChannelRecord channel, RolloutMove move, string code, string reason, DateTimeOffset now) => new(
            RolloutEngine.Move(rollout, move, code, reason, null),
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
        var resumed = rollout.WithRing(rollout.CurrentRing, ring);
        return new(RolloutEngine.Move(resumed, RolloutMove.Resume, null, null, null), channel.Next(now), []);
    }

    /// <summary>Puts a new rollout on its way; the one before it, where it was not over, is superseded.</summary>
    internal static (RolloutRecord? Superseded, ChannelRecord Channel) Begin(
        ChannelRecord channel, RolloutRecord? current, RolloutRecord rollout, DateTimeOffset now)
    {
        RolloutRecord? superseded = null;
        if (current is not null && RolloutTable.Next(current.State, RolloutMove.Supersede) is not null)
        {
            (superseded, channel) = Supersede(current, channel, rollout, now);
        }

        return (superseded, channel with
        {
            Candidate = rollout.Id,

            // A person who starts it again takes it back in.
            Withdrawn = [.. channel.Withdrawn.Where(digest => digest != rollout.Release.Digest)],
            WithdrawnFrom = [.. channel.WithdrawnFrom.Where(one => one.Release != rollout.Release.Digest)],
        });
    }

    /// <summary>
    /// A newer rollout takes the channel over. What was being withdrawn keeps its reason. A release that was out and never passed is no
    /// way back: the devices that run it return to what is stable, and then take the newer one.
    /// </summary>
    internal static (RolloutRecord Rollout, ChannelRecord Channel) Supersede(
        RolloutRecord rollout, ChannelRecord channel, RolloutRecord newer, DateTimeOffset now)
    {
        var superseded = rollout.State == RolloutState.RollingBack
            ? RolloutEngine.Move(rollout, RolloutMove.Supersede, rollout.ReasonCode, rollout.Reason, now)
            : RolloutEngine.Move(rollout, RolloutMove.Supersede, "Superseded", $"{newer.Id} is newer", now);
        var left = rollout.Rings.Any(ring => ring.StartedAt is not null)
            && rollout.Release.Digest != channel.Stable?.Digest && rollout.Release.Digest != newer.Release.Digest;
        return (superseded, left ? channel with { Withdrawn = Listed(channel, rollout.Release.Digest) } : channel);
    }

    private static IReadOnlyList<Digest> Listed(ChannelRecord channel, Digest release) =>
        [.. channel.Withdrawn.Where(digest => digest != release).Append(release).TakeLast(ChannelRecord.MaxWithdrawn)];
}
