using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Pipeline.Collect;

/// <summary>A release as the collector sees it.</summary>
/// <param name="Release">The release.</param>
/// <param name="ReleasedAt">When its model was received.</param>
/// <param name="Manifests">Manifests of its variants.</param>
/// <param name="Deltas">Deltas to its variants.</param>
internal sealed record ServedRelease(
    ReleaseRef Release, DateTimeOffset ReleasedAt, IReadOnlyList<Digest> Manifests, IReadOnlyList<DeltaOffer> Deltas);
