using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Download;

/// <summary>What to download, and what may shorten it.</summary>
/// <param name="Release">The release.</param>
/// <param name="Variant">The variant chosen.</param>
/// <param name="Deltas">Signed deltas of the release.</param>
/// <param name="Installed">Variants of the slots, the active one first.</param>
internal sealed record DownloadOrder(
    ReleaseRef Release, VariantOffer Variant, IReadOnlyList<DeltaOffer> Deltas, IReadOnlyList<VariantOffer> Installed);
