using System.Formats.Tar;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Layout;

/// <summary>A layout as one tar file, for carrying by hand; other tools call it <c>oci-archive</c>.</summary>
public static class OciArchive
{
    private const string BlobPrefix = "blobs/sha256/";

    /// <summary>Writes a layout folder; the same layout always gives the same file.</summary>
    public static async Task WriteAsync(string layout, string file, CancellationToken cancellationToken)
    {
        var stream = new FileStream(file, FileMode.Create, FileAccess.Write);
        await using (stream.ConfigureAwait(false))
        {
            var tar = new TarWriter(stream, TarEntryFormat.Ustar);
            await using (tar.ConfigureAwait(false))
            {
                foreach (var path in Files(layout))
                {
                    await AddAsync(tar, layout, path, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>
    /// Reads an archive into a layout folder. Only the files of a layout are taken, and every blob is checked against
    /// its name.
    /// </summary>
    /// <exception cref="PackageFormatException">When the archive holds anything else.</exception>
    /// <exception cref="InvalidDataException">When it is not a tar file, or a blob is not what its name says.</exception>
    public static async Task ReadAsync(string file, string layout, CancellationToken cancellationToken)
    {
        var store = new FolderBlobStore(layout);
        Directory.CreateDirectory(layout);
        var stream = new FileStream(file, FileMode.Open, FileAccess.Read);
        await using (stream.ConfigureAwait(false))
        {
            var tar = new TarReader(stream);
            await using (tar.ConfigureAwait(false))
            {
                while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
                {
                    await TakeAsync(entry, layout, store, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task TakeAsync(TarEntry entry, string layout, FolderBlobStore store, CancellationToken cancellationToken)
    {
        if (entry.EntryType == TarEntryType.Directory)
        {
            return;
        }

        var name = entry.Name;
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            throw new PackageFormatException("foreign-entry", $"The archive holds '{StrictJson.Shown(name)}', which is not a file.");
        }

        var content = entry.DataStream ?? Stream.Null;
        if (name is LayoutIndex.FileName or "oci-layout")
        {
            var bytes = await BoundedRead.AllAsync(content, Limits.IndexBytes, name, cancellationToken).ConfigureAwait(false);
            await File.WriteAllBytesAsync(Path.Combine(layout, name), bytes, cancellationToken).ConfigureAwait(false);
        }
        else if (name.StartsWith(BlobPrefix, StringComparison.Ordinal)
            && Contracts.Digest.TryParse($"sha256:{name[BlobPrefix.Length..]}", out var digest))
        {
            await store.WriteAsync(digest, entry.Length, content, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            throw new PackageFormatException(
                "foreign-entry",
                $"The archive holds '{StrictJson.Shown(name)}', which is no part of a layout.");
        }
    }

    private static async Task AddAsync(TarWriter tar, string layout, string path, CancellationToken cancellationToken)
    {
        var content = new FileStream(Path.Combine(layout, path), FileMode.Open, FileAccess.Read);
        await using (content.ConfigureAwait(false))
        {
            var entry = new UstarTarEntry(TarEntryType.RegularFile, path)
            {
                DataStream = content,
                ModificationTime = DateTimeOffset.UnixEpoch,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                Uid = 0,
                Gid = 0,
                UserName = "",
                GroupName = "",
            };
            await tar.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<string> Files(string layout) =>
    [
        "oci-layout",
        LayoutIndex.FileName,
        .. Directory.EnumerateFiles(Path.Combine(layout, "blobs", "sha256"))
            .Select(path => Path.GetFileName(path))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal)
            .Select(name => BlobPrefix + name),
    ];
}
