using System.Formats.Tar;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Layout;

/// <summary>Reads the entries of one archive into a layout folder; the names of what it holds come last.</summary>
internal sealed class ArchiveReader(string layout)
{
    private static readonly string[] Folders = ["", ".", "blobs", "blobs/sha256"];

    private readonly FolderBlobStore _store = new(layout);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _documents = new(StringComparer.Ordinal);

    internal async Task ReadAsync(Stream archive, CancellationToken cancellationToken)
    {
        var tar = new TarReader(archive, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            while (await NextAsync(tar, cancellationToken).ConfigureAwait(false) is { } entry)
            {
                await TakeAsync(entry, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var name in (string[])[LayoutMarker.FileName, LayoutIndex.FileName])
        {
            if (!_documents.ContainsKey(name))
            {
                throw new PackageFormatException(
                    "not-an-archive", _seen.Count == 0 ? "The archive is empty." : $"The archive holds no {name}, so it is no layout.");
            }
        }

        _ = LayoutIndex.Read(_documents[LayoutIndex.FileName]);
        Directory.CreateDirectory(layout);
        foreach (var (name, bytes) in _documents.OrderByDescending(document => document.Key, StringComparer.Ordinal))
        {
            await File.WriteAllBytesAsync(Path.Combine(layout, name), bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The reader of the platform knows many ways to say that a header is none.</summary>
    private static async Task<TarEntry?> NextAsync(TarReader tar, CancellationToken cancellationToken)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception odd) when (odd is not OperationCanceledException)
        {
            throw new PackageFormatException("not-an-archive", $"The archive is no tar file that can be read: {odd.Message}");
        }
    }

    private async Task TakeAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        // `tar -c .` writes ./index.json
        var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        if (entry.EntryType == TarEntryType.Directory)
        {
            if (!Folders.Contains(name.TrimEnd('/')))
            {
                throw Foreign(name, "is no folder of a layout");
            }

            return;
        }

        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            throw Foreign(name, "is not a file");
        }

        if (!string.IsNullOrEmpty(entry.LinkName) || entry.Length > Limits.FileBytes)
        {
            throw Foreign(name, "has odd fields: a file has no link, and a size in bounds");
        }

        if (!_seen.Add(name))
        {
            throw new PackageFormatException("second-entry", $"The archive holds '{StrictJson.Shown(name)}' twice.");
        }

        var content = entry.DataStream ?? Stream.Null;
        if (name is LayoutIndex.FileName or LayoutMarker.FileName)
        {
            _documents[name] = await BoundedRead.AllAsync(content, Limits.IndexBytes, name, cancellationToken).ConfigureAwait(false);
        }
        else if (name.StartsWith(FolderBlobStore.Prefix, StringComparison.Ordinal)
            && Digest.TryParse($"sha256:{name[FolderBlobStore.Prefix.Length..]}", out var digest))
        {
            await _store.WriteAsync(digest, entry.Length, content, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            throw Foreign(name, "is no part of a layout");
        }
    }

    private static PackageFormatException Foreign(string name, string why) =>
        new("foreign-entry", $"The archive holds '{StrictJson.Shown(name)}', which {why}.");
}
