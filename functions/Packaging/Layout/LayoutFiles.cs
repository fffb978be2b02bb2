using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Layout;

/// <summary>What a layout has beside its blobs.</summary>
/// <param name="Index">Bytes of its <c>index.json</c>.</param>
/// <param name="Marker">Bytes of its <c>oci-layout</c>, or null when there is none.</param>
/// <param name="Others">
/// Everything else that lies in the folder, by path: blobs as <c>blobs/sha256/…</c> too. Null where it cannot be listed, as on a
/// web server.
/// </param>
public sealed record LayoutFiles(byte[] Index, byte[]? Marker, IReadOnlyList<string>? Others)
{
    private const int MostListed = 100_000;

    /// <summary>Reads a layout folder.</summary>
    /// <exception cref="PackageFormatException">With <c>not-a-layout</c> when it has no <c>index.json</c>.</exception>
    public static LayoutFiles Read(string folder)
    {
        var index = LayoutReader.IndexOf(folder);
        var marker = Path.Combine(folder, LayoutMarker.FileName);
        return new(
            index,
            File.Exists(marker) ? PlainFile.ReadAll(marker, LayoutMarker.MaxBytes) : null,
            [
                .. List(folder, "").Take(MostListed).Where(path => path is not (LayoutIndex.FileName or LayoutMarker.FileName))
                    .Order(StringComparer.Ordinal),
            ]);
    }

    /// <summary>Files and whatever is neither file nor folder; links are named and not followed.</summary>
    private static IEnumerable<string> List(string root, string below)
    {
        foreach (var entry in new DirectoryInfo(Path.Combine(root, below)).EnumerateFileSystemInfos())
        {
            var path = below.Length == 0 ? entry.Name : $"{below}/{entry.Name}";
            if (
                entry is not DirectoryInfo
                || entry.LinkTarget is not null
                || path.StartsWith(FolderBlobStore.Prefix, StringComparison.Ordinal))
            {
                yield return path;
                continue;
            }

            foreach (var inner in List(root, path))
            {
                yield return inner;
            }
        }
    }
}
