namespace SlmOps.Contracts.Operator;

/// <summary>Everything about one run as a person sees it.</summary>
public sealed record RunStatus
{
    /// <summary>Model name.</summary>
    public required ModelName Model { get; init; }

    /// <summary>Model version.</summary>
    public required ModelVersion Version { get; init; }

    /// <summary>Where it is.</summary>
    public required RunState State { get; init; }

    /// <summary>When intake accepted it; null for a run of which only rejections are known.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }

    /// <summary>Bytes uploaded.</summary>
    public long? SourceBytes { get; init; }

    /// <summary>Parameters of the model; 0 for an adaptation.</summary>
    public long? Parameters { get; init; }

    /// <summary>The channel it goes to.</summary>
    public ChannelName? Channel { get; init; }

    /// <summary>Index digest of the release; empty until there is one.</summary>
    public Digest ReleaseDigest { get; init; }

    /// <summary>Variants, in the order of the manifest.</summary>
    public required IReadOnlyList<VariantStatus> Variants { get; init; }

    /// <summary>What was refused, and why; also of earlier uploads under the same name.</summary>
    public required IReadOnlyList<ModelRejected> Rejections { get; init; }

    /// <summary>Its rollout; null until there is one.</summary>
    public RolloutStatus? Rollout { get; init; }

    /// <summary>Devices of its channel, once it is released.</summary>
    public required IReadOnlyList<DeviceStatus> Devices { get; init; }

    /// <summary>Milliseconds of work by stage.</summary>
    public required IReadOnlyDictionary<string, long> StagesMs { get; init; }

    /// <summary>What it adapts; null for a model.</summary>
    public AdaptationStatus? Adaptation { get; init; }

    /// <summary>What was not as it should be in the upload and stopped nothing.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];

    /// <summary>How far the stages are that work on it right now and have for a while; empty for systems that do not tell.</summary>
    public IReadOnlyList<StageProgress> Progress { get; init; } = [];
}
