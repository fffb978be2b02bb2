using System.IO.Enumeration;
using SlmOps.Packaging;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli.Models;

/// <summary>The files of a model's folder.</summary>
internal static class FolderFiles
{
    /// <summary>
    /// Paths below the folder, with slashes, in order; what begins with a dot stays out. Links to files are files, links to
    /// folders could lead in a circle.
    /// </summary>
    /// <exception cref="CliException">When something there is no file.</exception>
    internal static IReadOnlyList<(string Path, string Relative)> Of(string folder)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = false,
        };
        var all = new FileSystemEnumerable<(string Path, bool IsFolder)>(
            folder, (ref entry) => (entry.ToFullPath(), entry.IsDirectory), options)
        {
            ShouldRecursePredicate = (ref entry) => !IsLink(ref entry),
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory || IsLink(ref entry),
        };
        var files = new List<(string, string)>();
        foreach (var (path, isFolder) in all)
        {
            var relative = Path.GetRelativePath(folder, path).Replace('\\', '/');
            if (relative.Split('/').Any(part => part.StartsWith('.')))
            {
                continue;
            }

            files.Add(isFolder
                ? throw new CliException($"'{relative}' is a link to a folder; put the folder itself there.", ExitCode.Usage)
                : (path, relative));
            PlainFile.Require(path);
        }

        return [.. files.OrderBy(file => file.Item2, StringComparer.Ordinal)];
    }

    private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
}
