using System.Formats.Tar;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Layout;

/// <summary>A layout as one tar file, for carrying by hand; other tools call it <c>oci-archive</c>.</summary>
public static class OciArchive
{
    /// <summary>Writes a layout folder; the same layout always gives the same file.</summary>
    /// <exception cref="InvalidDataException">When something in the layout is no file.</exception>
    public static async Task WriteAsync(string layout, string file, CancellationToken cancellationToken)
    {
        // Beside, then renamed: what stands there already is replaced by a whole archive or not at all.
        var temporary = $"{file}.{Guid.NewGuid():N}";
        try
        {
            var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write);
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

            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>
    /// Reads an archive into a new layout folder. Only the files of a layout are taken, each once, and every blob is checked
    /// against its name. When anything is wrong, a folder that was not there before is taken away again.
    /// </summary>
    /// <exception cref="PackageFormatException">When the archive is no tar file, lacks a layout's files or holds anything else.</exception>
    /// <exception cref="InvalidDataException">When a blob is not what its name says, or the archive is no file.</exception>
    public static async Task ReadAsync(string file, string layout, CancellationToken cancellationToken)
    {
        if (File.Exists(Path.Combine(layout, LayoutIndex.FileName)))
        {
            throw new PackageFormatException(
                "not-empty", $"'{layout}' holds a layout already, whose {LayoutIndex.FileName} would be lost. Name a new folder.");
        }

        var isNew = !Directory.Exists(layout);
        try
        {
            var stream = PlainFile.OpenRead(file);
            await using (stream.ConfigureAwait(false))
            {
                await new ArchiveReader(layout).ReadAsync(stream, cancellationToken).ConfigureAwait(false);
            }
        }
        catch when (isNew && Directory.Exists(layout))
        {
            Directory.Delete(layout, recursive: true);
            throw;
        }
    }

    private static async Task AddAsync(TarWriter tar, string layout, string path, CancellationToken cancellationToken)
    {
        var content = PlainFile.OpenRead(Path.Combine(layout, path));
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

    private static IEnumerable<string> Files(string layout)
    {
        var blobs = new DirectoryInfo(Path.Combine(layout, FolderBlobStore.Prefix));
        return
        [
            LayoutMarker.FileName,
            LayoutIndex.FileName,
            // Folders too, which are then refused by name.
            .. (blobs.Exists ? blobs.EnumerateFileSystemInfos() : [])
                .Select(entry => entry.Name)
                .Where(name => !name.StartsWith('.'))
                .Order(StringComparer.Ordinal)
                .Select(name => FolderBlobStore.Prefix + name),
        ];
    }
}
