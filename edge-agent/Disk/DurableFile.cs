namespace SlmOps.EdgeAgent.Disk;

/// <summary>Small files that are either the old one or the new one after a power cut, never something between.</summary>
internal static class DurableFile
{
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        // What a power cut left there is removed, and the new file is made exclusively: nothing is written through a link.
        var temporary = path + ".tmp";
        DiskPath.Remove(temporary);
        using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(file, content, 0);
            RandomAccess.FlushToDisk(file);
        }

        if (DiskPath.KindOf(path) is PathKind.Folder or PathKind.Link)
        {
            DiskPath.PutAside(path);
        }

        File.Move(temporary, path, overwrite: true);
        Filesystem.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads a file that may be missing; null then.</summary>
    /// <exception cref="InvalidDataException">When it is no plain file, cannot be read, or is longer than the limit.</exception>
    internal static byte[]? Read(string path, long limit) =>
        Read(path, limit, out var damage) is { } bytes ? bytes
        : damage is null ? null
        : throw new InvalidDataException($"'{path}': {damage}.");

    /// <summary>Reads a file that may be missing or damaged; null then.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Most bytes it may have.</param>
    /// <param name="damage">What is wrong with it; null when it is whole or not there.</param>
    internal static byte[]? Read(string path, long limit, out string? damage)
    {
        damage = null;
        try
        {
            switch (DiskPath.KindOf(path))
            {
                case PathKind.Missing:
                    return null;
                case PathKind.Folder:
                    damage = "a folder stands in its place";
                    return null;
                case PathKind.Link:
                    damage = "a link stands in its place";
                    return null;
            }

            if (new FileInfo(path).Length <= limit)
            {
                return File.ReadAllBytes(path);
            }

            damage = $"it has more than the {limit} bytes it may have";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            damage = exception.Message;
        }

        return null;
    }
}
