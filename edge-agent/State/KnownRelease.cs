using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.State;

/// <summary>The checked variants of a release.</summary>
/// <param name="Release">The release.</param>
/// <param name="Variants">Its variants.</param>
internal sealed record KnownRelease(ReleaseRef Release, IReadOnlyList<VariantOffer> Variants)
{
    /// <summary>The release as the metadata listed it last, with its deltas; null in files from before there was metadata.</summary>
    public ReleaseTarget? Listed { get; init; }
}
