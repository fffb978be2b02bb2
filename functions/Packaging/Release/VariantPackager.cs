using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Release;

/// <summary>Turns the folder of a variant into blobs and a manifest.</summary>
public static class VariantPackager
{
    /// <summary>
    /// Stores every file of the folder as a raw layer, then the config and the manifest. The same files and
    /// description give the same manifest digest, on any machine.
    /// </summary>
    /// <param name="folder">Folder of the variant; every file below it is packed.</param>
    /// <param name="description">What the package says of it.</param>
    /// <param name="store">Where blobs go.</param>
    /// <param name="cancellationToken">Stops the work; blobs already stored stay, and are found again next time.</param>
    /// <exception cref="PackageFormatException">When the files cannot be a package: an unsafe path, a link, two paths that differ only in case.</exception>
    /// <exception cref="ArgumentException">When a text of the description cannot be written portably.</exception>
    public static Task<VariantOffer> PackAsync(
        string folder, VariantDescription description, IBlobStore store, CancellationToken cancellationToken) =>
        PackAsync(VariantFile.Below(folder), description, store, cancellationToken);

    /// <summary>Packs files that are read as they are stored, wherever they come from.</summary>
    /// <inheritdoc cref="PackAsync(string, VariantDescription, IBlobStore, CancellationToken)"/>
    public static async Task<VariantOffer> PackAsync(
        IReadOnlyList<VariantFile> files, VariantDescription description, IBlobStore store, CancellationToken cancellationToken)
    {
        Check(description);
        var stored = await StoreAsync(files, store, cancellationToken).ConfigureAwait(false);
        return await PackAsync(stored, description, store, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes config and manifest for files whose blobs are in the store already.</summary>
    public static async Task<VariantOffer> PackAsync(
        IReadOnlyList<PackageFile> files, VariantDescription description, IBlobStore store, CancellationToken cancellationToken)
    {
        Check(description);
        PackageFile[] sorted = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
        if (FileSet.FindFault(sorted) is { } fault)
        {
            throw fault;
        }

        var config = await store.AddAsync(ManifestWriter.Config(description, sorted), cancellationToken).ConfigureAwait(false);
        var manifest = await store.AddAsync(ManifestWriter.Manifest(description, config, sorted), cancellationToken).ConfigureAwait(false);
        return new(
            description.Variant,
            manifest.Digest,
            manifest.Size,
            sorted.Sum(file => file.Size),
            description.Recipe,
            description.Needs,
            description.Figures);
    }

    /// <summary>Stores files in path order; what can be checked is checked before any blob is written.</summary>
    internal static async Task<IReadOnlyList<PackageFile>> StoreAsync(
        IReadOnlyList<VariantFile> files, IBlobStore store, CancellationToken cancellationToken)
    {
        VariantFile[] sorted = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
        if (FileSet.FindFault([.. sorted.Select(file => new PackageFile(file.Path, Digest.Of([]), 0))]) is { } fault)
        {
            throw fault;
        }

        var stored = new List<PackageFile>();
        foreach (var file in sorted)
        {
            var content = file.Open();
            await using (content.ConfigureAwait(false))
            {
                var blob = await store.AddAsync(content, cancellationToken).ConfigureAwait(false);
                stored.Add(new(file.Path, blob.Digest, blob.Size));
            }
        }

        return stored;
    }

    internal static void Check(VariantDescription description)
    {
        PackageText.Require(description.Model);
        PackageText.Require(description.Version);
        PackageText.RequireName(description.Variant, "variant name");
        PackageText.Require(description.Recipe, "recipe");
        string?[] texts =
        [
            description.Family,
            description.Architecture,
            description.ParameterSize,
            description.Precision,
            description.Quantization,
            .. description.Licenses,
        ];
        foreach (var text in texts.OfType<string>())
        {
            PackageText.Require(text, "description");
        }

        OfferAnnotations.Check(description.Needs, description.Figures);
    }
}
