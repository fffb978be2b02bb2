using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;

namespace SlmOps.Pipeline.Api;

/// <summary>What is stored, as operators are shown it.</summary>
internal static class ToStatus
{
    internal static DeviceStatus Of(DeviceRecord device, ServiceClock clock) => new()
    {
        Id = device.Id,
        State = device.Deployment?.State ?? DeviceState.Pending,
        Ring = device.Deployment?.Ring,
        Variant = device.Deployment?.Variant,
        Manifest = device.Deployment?.Manifest ?? default,
        Active = device.Deployment?.Active ?? default,
        Verified = device.Deployment?.Verified ?? false,
        Reason = device.Deployment?.Reason,
        LastSeen = device.LastSeen,
        Inventory = device.Inventory,
        BytesFetched = device.Deployment?.BytesFetched,
        BytesWhole = device.Deployment?.BytesWhole,
        Composition = device.Composition,
        Hold = device.Hold,
        Release = device.Deployment?.Release ?? default,
        Model = device.Deployment?.Model,
        Version = device.Deployment?.Version,
        Choice = device.Choice,
        ClockAheadSeconds = (long)device.ClockAhead.TotalSeconds,
        Conflict = device.IsInConflict(clock),
    };

    internal static RolloutStatus Of(RolloutRecord rollout) => new()
    {
        Id = rollout.Id,
        Channel = rollout.Channel,
        Release = rollout.Release,
        Previous = rollout.Previous,
        State = rollout.State,
        CurrentRing = rollout.CurrentRing,
        Rings = [.. rollout.Rings.Select(ring => new RingStatus(
            ring.Ring.Name, ring.Ring.Fraction, ring.Ring.Selector, ring.State, ring.StartedAt, ring.Reason))],
        SoakSeconds = rollout.SoakSeconds,
        DeadlineSeconds = rollout.DeadlineSeconds,
        ReasonCode = rollout.ReasonCode,
        Reason = rollout.Reason,
        CreatedAt = rollout.CreatedAt,
        EndedAt = rollout.EndedAt,
    };

    internal static ChannelStatus Of(ChannelRecord channel) => new()
    {
        Channel = channel.Channel,
        Version = channel.Version,
        Stable = channel.Stable,
        Candidate = channel.Candidate,
        Withdrawn = channel.Withdrawn,
        WithdrawnFrom = channel.WithdrawnFrom,
        IssuedAt = channel.IssuedAt,
        Adaptations = channel.Overlays,
    };
}
