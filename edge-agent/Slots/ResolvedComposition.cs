using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>A composition that holds.</summary>
/// <param name="Files">The files it stands for, sorted by path.</param>
/// <param name="Layers">Its layers, in the order of application.</param>
internal sealed record ResolvedComposition(IReadOnlyList<ComposedFile> Files, IReadOnlyList<CompositionLayer> Layers)
{
    /// <summary>Every blob it needs, once.</summary>
    internal IEnumerable<BlobRef> Blobs => Files.SelectMany(file => file.Patches.Prepend(file.Content)).DistinctBy(blob => blob.Digest);
}
