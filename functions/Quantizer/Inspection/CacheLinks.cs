namespace SlmOps.Quantizer.Inspection;

/// <summary>
/// Links of a download cache of Hugging Face: <c>snapshots/REVISION/onnx/model.onnx → ../../../blobs/HASH</c>.
/// </summary>
public static class CacheLinks
{
    private const int MostParents = 3;

    /// <summary>True when a link stays in the folder, or leads into <c>blobs</c> beside it or one of the three folders above.</summary>
    /// <param name="link">The link.</param>
    /// <param name="folder">The folder that the user named.</param>
    public static bool Leads(FileSystemInfo link, string folder)
    {
        ArgumentNullException.ThrowIfNull(link);
        try
        {
            return link.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } target
                && Allowed(Path.GetFullPath(folder))
                    .Any(root => target.FullName.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // A ring of links.
            return false;
        }
    }

    private static IEnumerable<string> Allowed(string folder)
    {
        yield return folder;
        var parent = Path.GetDirectoryName(folder);
        for (var i = 0; i < MostParents && parent is not null; i++, parent = Path.GetDirectoryName(parent))
        {
            yield return Path.Combine(parent, "blobs");
        }
    }
}
