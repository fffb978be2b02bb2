namespace SlmOps.Contracts.Operator;

/// <summary>What a channel runs.</summary>
public sealed record ChannelStatus
{
    /// <summary>Channel name.</summary>
    public required ChannelName Channel { get; init; }

    /// <summary>Version of its document.</summary>
    public required long Version { get; init; }

    /// <summary>What passed last; null when nothing did.</summary>
    public ReleaseRef? Stable { get; init; }

    /// <summary>Id of the rollout on its way, or null.</summary>
    public string? Candidate { get; init; }

    /// <summary>Index digests of withdrawn releases, newest last.</summary>
    public required IReadOnlyList<Digest> Withdrawn { get; init; }

    /// <summary>Releases withdrawn from one class of processors, newest last.</summary>
    public IReadOnlyList<ClassWithdrawal> WithdrawnFrom { get; init => field = value ?? []; } = [];

    /// <summary>When this version was made.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Adaptations, in the order in which a device tries them.</summary>
    public required IReadOnlyList<ChannelOverlay> Adaptations { get; init; }
}
