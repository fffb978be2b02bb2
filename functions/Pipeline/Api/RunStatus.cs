using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Api;

/// <summary>Everything about one run as a person sees it: <c>GET /api/v1/models/{name}/{version}</c>.</summary>
internal sealed record RunStatus(
    string Model,
    string Version,
    string State,
    DateTimeOffset? ReceivedAt,
    long? SourceBytes,
    long? Parameters,
    string? Channel,
    Digest ReleaseDigest,
    IReadOnlyList<VariantStatus> Variants,
    IReadOnlyList<ModelRejected> Rejections,
    RolloutRecord? Rollout,
    IReadOnlyList<DeviceStatus> Devices,
    IReadOnlyDictionary<string, long> StagesMs)
{
    /// <summary>What it adapts; null for a model.</summary>
    public AdaptationStatus? Adaptation { get; init; }

    /// <summary>What was not as it should be in the upload and stopped nothing.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];
}

/// <summary>An adaptation: its base, whom it is for, and its composition for each variant of the base.</summary>
internal sealed record AdaptationStatus(
    string Model,
    string Version,
    IReadOnlyDictionary<string, string> Selector,
    bool LocalLayer,
    IReadOnlyDictionary<string, Digest> Compositions);

/// <summary>One variant.</summary>
internal sealed record VariantStatus(
    string Name,
    string Recipe,
    string State,
    long? Bytes,
    double? Ratio,
    Digest Digest,
    bool? Accepted,
    string? Reason,
    VariantFigures? Figures,
    long? RamBytes);

/// <summary>One device of the channel.</summary>
internal sealed record DeviceStatus(
    string Id,
    DeviceState State,
    string? Ring,
    string? Variant,
    Digest Manifest,
    Digest Active,
    bool Verified,
    string? Reason,
    DateTimeOffset LastSeen,
    DeviceInventory? Inventory,
    long? BytesFetched = null,
    long? BytesWhole = null)
{
    /// <summary>What runs on it; null from an agent that knows no compositions.</summary>
    public CompositionStatus? Composition { get; init; }
}
