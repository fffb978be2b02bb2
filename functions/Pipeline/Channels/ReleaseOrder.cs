using SlmOps.Pipeline.Repository;



namespace SlmOps.Pipeline.Channels;

/// <summary>What a channel's state asks of its devices. Pure.</summary>
internal static class ReleaseOrder
{
    internal static ChannelOrder Of(ChannelRecord channel, IReadOnlyList<RolloutRecord> rollouts)
    {
        var candidate = rollouts.FirstOrDefault(rollout =>
            rollout.Id == channel.Candidate && rollout.State is RolloutState.Ready or RolloutState.Running or RolloutState.Paused);

        // Some device may have committed it: a ring of it was open, and then it was withdrawn or overtaken.
        var left = rollouts.Where(rollout =>
            rollout.State is RolloutState.RollingBack or RolloutState.RolledBack or RolloutState.Superseded
            && rollout.Rings.Any(ring => ring.StartedAt is not null)
            && rollout.Release.Digest != channel.Stable?.Digest);
        return new(channel.Stable, candidate?.Release, [.. left.Select(rollout => rollout.Release)]);
    }
}
