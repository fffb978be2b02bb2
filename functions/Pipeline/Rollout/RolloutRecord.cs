using SlmOps.Contracts;

namespace SlmOps.Pipeline.Rollout;

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

/// <summary>What a channel runs. Every change has a new version; the row's ETag orders the writers.</summary>
/// <param name="Channel">Name.</param>
/// <param name="Version">Version of the channel document.</param>
/// <param name="Stable">What passed last.</param>
/// <param name="Candidate">Id of the rollout on its way, or null.</param>
/// <param name="Withdrawn">Index digests of withdrawn releases, newest last.</param>
/// <param name="IssuedAt">When this version was made.</param>
internal sealed record ChannelRecord(
    string Channel,
    long Version,
    ReleaseRef? Stable,
    string? Candidate,
    IReadOnlyList<Digest> Withdrawn,
    DateTimeOffset IssuedAt)
{
    internal const string Row = "channel";

    /// <summary>Adaptations, in the order in which a device tries them.</summary>
    public IReadOnlyList<ChannelOverlay> Overlays { get; init => field = value ?? []; } = [];

    /// <summary>Id of the rollout on its way, or of the one that made the channel's stable release.</summary>
    internal string? LatestRollout =>
        Candidate ?? (Stable is { } stable ? new RunKey(stable.Model, stable.Version).ToString() : null);

    /// <summary>Enough for a device that comes back after long; the document stays small.</summary>
    internal const int MaxWithdrawn = 64;

    internal ChannelRecord Next(DateTimeOffset now) => this with { Version = Version + 1, IssuedAt = now };
}

/// <summary>A device as its reports show it.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Channel">Channel it follows.</param>
/// <param name="Inventory">Hardware and labels, when it sent them.</param>
/// <param name="Deployment">Last deployment state.</param>
/// <param name="DeploymentAt">Device time of that state.</param>
/// <param name="LastSeq">Highest report number stored.</param>
/// <param name="LastSeen">Server time of the last report.</param>
internal sealed record DeviceRecord(
    string Id,
    string Channel,
    DeviceInventory? Inventory,
    DeploymentStatus? Deployment,
    DateTimeOffset? DeploymentAt,
    long LastSeq,
    DateTimeOffset LastSeen)
{
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>What runs on it, as it said last; null from an agent that knows no compositions.</summary>
    public CompositionStatus? Composition { get; init; }

    internal IReadOnlyDictionary<string, string> Labels => Inventory?.Labels ?? NoLabels;
}
