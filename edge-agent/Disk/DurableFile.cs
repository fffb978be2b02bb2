namespace SlmOps.EdgeAgent.Disk;

/// <summary>Small files that are either the old one or the new one after a power cut, never something between.</summary>
internal static class DurableFile
{
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".tmp";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(file, content, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(temporary, path, overwrite: true);
        Filesystem.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads a file that may be missing; null then.</summary>
    /// <exception cref="InvalidDataException">When it is longer than the limit.</exception>
    internal static byte[]? Read(string path, long limit)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        return new FileInfo(path).Length <= limit
            ? File.ReadAllBytes(path)
            : throw new InvalidDataException($"'{path}' has more than the {limit} bytes it may have.");
    }
}
