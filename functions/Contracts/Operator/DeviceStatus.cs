namespace SlmOps.Contracts.Operator;

/// <summary>One device of a channel, as its reports have it.</summary>
public sealed record DeviceStatus
{
    /// <summary>Device id.</summary>
    public required DeviceId Id { get; init; }

    /// <summary>Where it is with the release it was last asked to run.</summary>
    public required DeviceState State { get; init; }

    /// <summary>Ring that admitted it, or null.</summary>
    public string? Ring { get; init; }

    /// <summary>Variant it chose, or null.</summary>
    public string? Variant { get; init; }

    /// <summary>Manifest digest of that variant.</summary>
    public Digest Manifest { get; init; }

    /// <summary>Manifest digest of what it runs now.</summary>
    public Digest Active { get; init; }

    /// <summary>True when it checked signature and digests itself.</summary>
    public bool Verified { get; init; }

    /// <summary>Why it is in this state, in one sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was heard of last.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>What it is.</summary>
    public DeviceInventory? Inventory { get; init; }

    /// <summary>Bytes it fetched for the release.</summary>
    public long? BytesFetched { get; init; }

    /// <summary>Bytes the same would have been without anything it had.</summary>
    public long? BytesWhole { get; init; }

    /// <summary>What runs on it; null from an agent that knows no compositions.</summary>
    public CompositionStatus? Composition { get; init; }

    /// <summary>Index digest of the release that it was last asked to run; empty before that.</summary>
    public Digest Release { get; init; }

    /// <summary>Model of that release, or null.</summary>
    public ModelName? Model { get; init; }

    /// <summary>Its version, or null.</summary>
    public ModelVersion? Version { get; init; }

    /// <summary>Which variant it settled on last and why; null from an agent that does not say.</summary>
    public DeviceChoice? Choice { get; init; }

    /// <summary>Why it does nothing about what its channel asks for, as it said last.</summary>
    public DeviceHold? Hold { get; init; }

    /// <summary>Seconds that its clock is ahead of the service's; negative behind.</summary>
    public long ClockAheadSeconds { get; init; }

    /// <summary>True while two agents report under its id in turn: neither counts in a rollout.</summary>
    public bool Conflict { get; init; }
}
