namespace SlmOps.Packaging.Manifests;

/// <summary>A file of a variant that is to be packed.</summary>
/// <param name="Path">Its path in the variant.</param>
/// <param name="Open">Opens it for one reading from its start; the stream can seek.</param>
public sealed record VariantFile(string Path, Func<Stream> Open)
{
    /// <summary>All files below a folder, sorted by the bytes of their paths.</summary>
    /// <exception cref="PackageFormatException">When they cannot be a package: an unsafe path, a link, two paths that differ only in case.</exception>
    public static IReadOnlyList<VariantFile> Below(string folder)
    {
        var root = new DirectoryInfo(folder);
        var files = new List<VariantFile>();
        foreach (
            var entry in root.EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var path = System.IO.Path.GetRelativePath(root.FullName, entry.FullName).Replace(System.IO.Path.DirectorySeparatorChar, '/');
            if (entry.LinkTarget is not null)
            {
                throw new PackageFormatException("link", $"'{path}' is a symbolic link; put the file itself into the folder.");
            }

            if (entry is FileInfo file)
            {
                // No buffer of its own: stores read in large chunks.
                files.Add(
                    new(
                        path,
                        () =>
                            new FileStream(
                                file.FullName,
                                FileMode.Open,
                                FileAccess.Read,
                                FileShare.Read,
                                1,
                                FileOptions.Asynchronous | FileOptions.SequentialScan)));
            }
        }

        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }
}
