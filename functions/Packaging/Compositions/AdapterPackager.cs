using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Compositions;

/// <summary>Packs an adapter or a configuration overlay as an artifact of its own, so that a site can publish it beside a model.</summary>
public static class AdapterPackager
{
    /// <summary>
    /// Stores the files of a folder, and a ModelPack manifest that names its base in an annotation. Not in
    /// <c>subject</c>: tools that follow it would want the base to be in the same place.
    /// </summary>
    /// <param name="folder">The adapter's files.</param>
    /// <param name="description">What it is; the variant is the adapter's name, the source what it was trained from.</param>
    /// <param name="basis">Manifest of the variant it was made for.</param>
    /// <param name="store">Where blobs go.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The manifest, and the files as <see cref="Composition"/> layers refer to them.</returns>
    public static async Task<(BlobRef Manifest, IReadOnlyList<PackageFile> Files)> PackAsync(
        string folder, VariantDescription description, Digest basis, IBlobStore store, CancellationToken cancellationToken)
    {
        VariantPackager.Check(description);
        var files = await VariantPackager.StoreAsync(VariantFile.Below(folder), store, cancellationToken).ConfigureAwait(false);
        var config = await store.AddAsync(ManifestWriter.Config(description, files), cancellationToken).ConfigureAwait(false);
        var manifest = ManifestWriter.Manifest(config, files, new()
        {
            [Annotations.Base] = basis.ToString(),
            [Annotations.Model] = description.Model,
            [Annotations.Variant] = description.Variant,
            [Annotations.Recipe] = description.Recipe,
            [Annotations.Source] = description.Source.ToString(),
            [Annotations.Version] = description.Version,
        });
        return (await store.AddAsync(manifest, cancellationToken).ConfigureAwait(false), files);
    }
}
