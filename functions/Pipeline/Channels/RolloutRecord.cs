using SlmOps.Contracts;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Channels;

/// <summary>One release on its way through one channel.</summary>
/// <param name="Id">The run's key: a release is rolled out once in a channel.</param>
/// <param name="Channel">Channel.</param>
/// <param name="Release">What is rolled out.</param>
/// <param name="Manifests">Manifest digests of its variants, to tell whether a device runs it.</param>
/// <param name="Previous">What the channel ran before, or null.</param>
/// <param name="Salt">Salt of ring membership.</param>
/// <param name="State">State.</param>
/// <param name="CurrentRing">0-based index of the ring that is open last.</param>
/// <param name="Rings">Rings in order.</param>
/// <param name="SoakSeconds">Soak on the device.</param>
/// <param name="DeadlineSeconds">A device of an open ring that says nothing for this long is silent.</param>
/// <param name="ReasonCode">Why it is in this state, for machines.</param>
/// <param name="Reason">The same in one sentence.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="EndedAt">When it reached a final state.</param>
/// <param name="Traceparent">W3C trace context of the run.</param>
internal sealed record RolloutRecord(
    string Id,
    string Channel,
    ReleaseRef Release,
    IReadOnlyList<Digest> Manifests,
    ReleaseRef? Previous,
    string Salt,
    RolloutState State,
    int CurrentRing,
    IReadOnlyList<RingRecord> Rings,
    int SoakSeconds,
    int DeadlineSeconds,
    string? ReasonCode,
    string? Reason,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt,
    string? Traceparent)
{
    internal const string Prefix = "rollout|";

    internal static string Row(string id) => Prefix + id;

    /// <summary>The rings whose devices may take the release now.</summary>
    internal IReadOnlyList<Ring> OpenRings => State is RolloutState.Running or RolloutState.Paused
        ? [.. Rings.Where(ring => ring.StartedAt is not null).Select(ring => ring.Ring)]
        : [];

    /// <summary>Ring of a device among those opened so far, or -1.</summary>
    internal int RingOf(DeviceRecord device) => RingMembership.Find(
        [.. Rings.Take(CurrentRing + 1).Select(ring => ring.Ring)], Salt, device.Id, device.Labels);

    internal RolloutRecord WithRing(int index, RingRecord ring) => this with
    {
        Rings = [.. Rings.Select((other, at) => at == index ? ring : other)],
    };
}

/// <summary>One ring of a rollout.</summary>
/// <param name="Ring">Name, selector, and the fraction: raised when the asked one would have reached nobody.</param>
/// <param name="State">State.</param>
/// <param name="StartedAt">When it was opened.</param>
/// <param name="Reason">Its verdict in one sentence.</param>
internal sealed record RingRecord(Ring Ring, RingState State, DateTimeOffset? StartedAt, string? Reason);
