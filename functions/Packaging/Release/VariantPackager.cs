using SlmOps.Contracts;

namespace SlmOps.Packaging;

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
    public static async Task<VariantOffer> PackAsync(
        string folder, VariantDescription description, IBlobStore store, CancellationToken cancellationToken)
    {
        Check(description);
        var files = await StoreAsync(folder, store, cancellationToken).ConfigureAwait(false);
        return await PackAsync(files, description, store, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Stores the files of a folder, in path order.</summary>
    internal static async Task<IReadOnlyList<PackageFile>> StoreAsync(string folder, IBlobStore store, CancellationToken cancellationToken)
    {
        var files = new List<PackageFile>();
        foreach (var path in List(folder))
        {
            // No buffer of its own: stores read in large chunks.
            var content = new FileStream(
                Path.Combine(folder, path), FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using (content.ConfigureAwait(false))
            {
                var blob = await store.AddAsync(content, cancellationToken).ConfigureAwait(false);
                files.Add(new(path, blob.Digest, blob.Size));
            }
        }

        return files;
    }

    /// <summary>Relative paths of all files, sorted by their bytes; everything is checked before any blob is written.</summary>
    private static List<string> List(string folder)
    {
        var root = new DirectoryInfo(folder);
        var files = new List<PackageFile>();
        foreach (var entry in root.EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var path = Path.GetRelativePath(root.FullName, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (entry.LinkTarget is not null)
            {
                throw new PackageFormatException("link", $"'{path}' is a symbolic link; put the file itself into the folder.");
            }

            if (entry is FileInfo file)
            {
                files.Add(new(path, Digest.Of([]), 0));
            }
        }

        files.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        return FileSet.FindFault(files) is { } fault ? throw fault : [.. files.Select(file => file.Path)];
    }

    internal static void Check(VariantDescription description)
    {
        PackageText.RequireName(description.Model, "model name");
        PackageText.RequireName(description.Version, "model version");
        PackageText.RequireName(description.Variant, "variant name");
        PackageText.Require(description.Recipe, "recipe");
        string?[] texts =
        [
            description.Family, description.Architecture, description.ParameterSize, description.Precision, description.Quantization, .. description.Licenses,
        ];
        foreach (var text in texts.OfType<string>())
        {
            PackageText.Require(text, "description");
        }

        OfferAnnotations.Check(description.Needs, description.Figures);
    }
}
