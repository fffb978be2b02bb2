using SlmOps.Contracts;

namespace SlmOps.Pipeline.Channels;

/// <summary>A channel's state as its devices are shown it. Pure.</summary>
internal static class ChannelView
{
    /// <param name="state">The channel.</param>
    /// <param name="rollout">The rollout on its way, or the one that brought what is stable; null where there is none.</param>
    /// <param name="life">How long the document is good for.</param>
    internal static ChannelDocument Of(ChannelRecord state, RolloutRecord? rollout, TimeSpan life)
    {
        var offer = state.Candidate is not null && rollout is { OpenRings.Count: > 0 }
            ? new RolloutOffer(rollout.Id, rollout.Release, rollout.Salt, rollout.OpenRings, rollout.SoakSeconds)
            {
                Hold = rollout.State == RolloutState.Paused,
                DeadlineSeconds = rollout.DeadlineSeconds,
            }
            : null;
        return new()
        {
            Schema = ChannelDocument.CurrentSchema,
            Channel = state.Channel,
            Version = state.Version,
            IssuedAt = state.IssuedAt,
            Expires = state.IssuedAt + life,
            Stable = state.Stable,
            Candidate = offer,
            Withdrawn = state.Withdrawn,
            WithdrawnFrom = state.WithdrawnFrom,
            Traceparent = rollout?.Traceparent,
            Overlays = state.Overlays,
        };
    }
}
