using SlmOps.Contracts;

namespace SlmOps.Packaging.Collection;

/// <summary>A blob as a store lists it.</summary>
/// <param name="Digest">Its name.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="WrittenAt">When a writer last wrote it, or found it there: a store must renew the time then.</param>
public sealed record StoredBlob(Digest Digest, long Size, DateTimeOffset WrittenAt);

/// <summary>What would be deleted and what stays. Nothing is deleted by making it.</summary>
/// <param name="Delete">Blobs that nothing kept refers to.</param>
/// <param name="Reachable">Blobs that stay because a kept release needs them.</param>
/// <param name="Young">Blobs that stay because a release that is being written may need them.</param>
/// <param name="Missing">Blobs that a kept release needs and the store does not hold: nothing is deleted then.</param>
public sealed record GarbagePlan(
    IReadOnlyList<StoredBlob> Delete, IReadOnlyList<StoredBlob> Reachable, IReadOnlyList<StoredBlob> Young, IReadOnlyList<Digest> Missing)
{
    /// <summary>Bytes that deleting would free.</summary>
    public long FreedBytes => Delete.Sum(blob => blob.Size);

    /// <summary>Decides by reachability. Pure.</summary>
    /// <param name="stored">Everything in the store.</param>
    /// <param name="kept">What must stay, from <see cref="ReachableBlobs"/>.</param>
    /// <param name="now">The clock.</param>
    /// <param name="grace">Blobs younger than this stay; longer than any packaging run takes.</param>
    public static GarbagePlan Make(IReadOnlyList<StoredBlob> stored, IReadOnlySet<Digest> kept, DateTimeOffset now, TimeSpan grace)
    {
        var reachable = stored.Where(blob => kept.Contains(blob.Digest)).ToList();
        var rest = stored.Where(blob => !kept.Contains(blob.Digest)).ToList();
        var young = rest.Where(blob => now - blob.WrittenAt < grace).ToList();
        var missing = kept.Except(stored.Select(blob => blob.Digest)).ToList();
        // A listing with holes, or a store that lost blobs, is no ground to delete anything on.
        return new(missing.Count > 0 ? [] : [.. rest.Except(young)], reachable, young, missing);
    }
}
