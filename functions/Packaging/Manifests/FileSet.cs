using SlmOps.Contracts;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Manifests;

/// <summary>The rules a variant's list of files must keep, the same for the writer and the reader.</summary>
internal static class FileSet
{
    /// <summary>The first broken rule, or null.</summary>
    internal static PackageFormatException? FindFault(IReadOnlyList<PackageFile> files)
    {
        if (files.Count is 0 or > Limits.Files)
        {
            return new("file-count", $"A variant has 1 to {Limits.Files} files, this one has {files.Count}.");
        }

        long bytes = 0;
        var paths = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var folders = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var sizes = new Dictionary<Digest, long>();
        var previous = "";
        foreach (var file in files)
        {
            if (!SafePath.IsValid(file.Path))
            {
                return new("unsafe-path", $"The path '{StrictJson.Shown(file.Path)}' is not safe: {SafePath.Rule}.");
            }

            // A file system that ignores case would write one over the other.
            if (!paths.Add(file.Path))
            {
                return new("duplicate-path", $"The path '{file.Path}' appears twice when case is ignored.");
            }

            if (string.CompareOrdinal(previous, file.Path) >= 0)
            {
                return new("unsorted-paths", $"The path '{file.Path}' comes after '{previous}'; paths are sorted by their bytes.");
            }

            if (sizes.TryGetValue(file.Digest, out var size) && size != file.Size)
            {
                return new("size-conflict", $"The blob {file.Digest} has two sizes.");
            }

            bytes += file.Size;
            if (bytes > Limits.FileBytes)
            {
                return new("too-large", $"The files of a variant may have {Limits.FileBytes} bytes together.");
            }

            sizes[file.Digest] = file.Size;
            previous = file.Path;
            AddFolders(folders, file.Path);
        }

        return paths.FirstOrDefault(folders.Contains) is { } both
            ? new("path-conflict", $"The path '{both}' is both a file and a folder.")
            : null;
    }

    private static void AddFolders(HashSet<string> folders, string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            folders.Add(path[..slash]);
        }
    }
}
