namespace SlmOps.Packaging.Tuf;

/// <summary>What a client keeps between updates: the metadata it trusts, as fetched, and the latest time it has seen.</summary>
/// <param name="Root">Root metadata; the first one comes with the device.</param>
/// <param name="Timestamp">Last accepted timestamp, or null.</param>
/// <param name="Snapshot">Last accepted snapshot, or null.</param>
/// <param name="Targets">Last accepted targets, or null.</param>
/// <param name="LatestTime">Latest time of an update; a clock that goes back does not revive expired metadata.</param>
public sealed record TufState(byte[] Root, byte[]? Timestamp, byte[]? Snapshot, byte[]? Targets, DateTimeOffset LatestTime)
{
    /// <summary>The state of a new device.</summary>
    public static TufState Initial(byte[] root) => new(root, null, null, null, DateTimeOffset.MinValue);
}

/// <summary>What came of an update.</summary>
/// <param name="State">Store this, also after a refusal: what was accepted before it counts.</param>
/// <param name="Releases">The releases that may be installed, or null after a refusal.</param>
/// <param name="ReasonCode">
/// Null, or role and cause, such as <c>timestamp-rollback</c>, <c>snapshot-mismatch</c>, <c>root-signature</c>,
/// <c>targets-expired</c>, <c>timestamp-missing</c>, <c>targets-too-large</c>.
/// </param>
/// <param name="Reason">The reason in one sentence.</param>
public sealed record TufUpdate(TufState State, IReadOnlyList<ReleaseTarget>? Releases, string? ReasonCode, string? Reason);

/// <summary>Fetches a metadata file: at most <paramref name="limit"/> + 1 bytes, or null when it does not exist.</summary>
/// <param name="name">File name in <c>metadata/</c>.</param>
/// <param name="limit">Most bytes the file may have.</param>
/// <param name="cancellationToken">Stops the fetch.</param>
public delegate Task<byte[]?> TufFetch(string name, int limit, CancellationToken cancellationToken);
