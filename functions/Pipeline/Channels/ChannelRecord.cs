using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Channels;

/// <summary>What a channel runs. Every change has a new version; the row's ETag orders the writers.</summary>
/// <param name="Channel">Name.</param>
/// <param name="Version">Version of the channel document.</param>
/// <param name="Stable">What passed last.</param>
/// <param name="Candidate">Id of the rollout on its way, or null.</param>
/// <param name="Withdrawn">Index digests of withdrawn releases, newest last.</param>
/// <param name="IssuedAt">When this version was made.</param>
internal sealed record ChannelRecord(
    ChannelName Channel,
    long Version,
    ReleaseRef? Stable,
    string? Candidate,
    IReadOnlyList<Digest> Withdrawn,
    DateTimeOffset IssuedAt)
{
    internal const string Row = "channel";

    /// <summary>Adaptations, in the order in which a device tries them.</summary>
    public IReadOnlyList<ChannelOverlay> Overlays { get; init => field = value ?? []; } = [];

    /// <summary>Releases withdrawn from one class of processors, newest last.</summary>
    public IReadOnlyList<ClassWithdrawal> WithdrawnFrom { get; init => field = value ?? []; } = [];

    /// <summary>Id of the rollout on its way, or of the one that made the channel's stable release.</summary>
    internal string? LatestRollout => Candidate ?? StableRollout;

    /// <summary>The rollout that brought the stable release; one that is not written down was its first.</summary>
    public string? StableRollout
    {
        get => field ?? (Stable is { } stable ? new RunKey(stable.Model, stable.Version).ToString() : null);
        init;
    }

    /// <summary>Enough for a device that comes back after long; the document stays small.</summary>
    internal const int MaxWithdrawn = 64;

    internal ChannelRecord Next(DateTimeOffset now) => this with { Version = Version + 1, IssuedAt = now };
}
