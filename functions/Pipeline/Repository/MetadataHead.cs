using SlmOps.Contracts;

namespace SlmOps.Pipeline.Repository;

/// <summary>Which metadata files are the newest, and until when they hold.</summary>
/// <param name="Targets">The list of releases.</param>
/// <param name="Snapshot">Which list belongs to this state.</param>
/// <param name="Timestamp">Which snapshot is the newest.</param>
/// <param name="ReleaseKey">Id of the key that signs the targets: another key makes new files due.</param>
/// <param name="OnlineKey">Id of the key that signs the other two.</param>
/// <param name="Floors">Lowest sequence that devices may still run, by model.</param>
internal sealed record MetadataHead(
    Issue Targets, Issue Snapshot, Issue Timestamp, string ReleaseKey, string OnlineKey, IReadOnlyDictionary<ModelName, long> Floors)
{
    internal const string Row = "head";

    internal static MetadataHead None { get; } = new(Issue.None, Issue.None, Issue.None, "", "", new Dictionary<ModelName, long>());

    /// <summary>False before the first release.</summary>
    internal bool IsPublished => Timestamp.Version > 0;

    internal long FloorOf(ModelName model) => Floors.GetValueOrDefault(model);
}

/// <summary>One version of one file.</summary>
internal sealed record Issue(long Version, DateTimeOffset Expires)
{
    internal static Issue None { get; } = new(0, default);

    internal Issue Next(DateTimeOffset expires) => new(Version + 1, expires);
}

/// <summary>The ids of the keys that sign now.</summary>
internal sealed record SigningKeyIds(string Release, string Online);
