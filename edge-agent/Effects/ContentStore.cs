using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent.Effects;

/// <summary>Blobs by digest on this device: whole ones, never changed, and partial ones that a download continues.</summary>
internal sealed class ContentStore(DataFolder folder)
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private readonly FolderBlobStore _blobs = new(folder.Store);

    internal string PathOf(Digest digest) => _blobs.PathOf(digest);

    internal string PartialOf(Digest digest) => Path.Combine(folder.Partial, digest.Hex);

    internal string TagOf(Digest digest) => Path.Combine(folder.Partial, digest.Hex + ".etag");

    internal bool Has(BlobRef blob) => new FileInfo(PathOf(blob.Digest)) is { Exists: true } file && file.Length == blob.Size;

    /// <summary>Makes a partial file, checked and flushed, a whole blob.</summary>
    internal void Adopt(Digest digest)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(digest))!);
        MakeReadOnly(PartialOf(digest));
        Delete(PathOf(digest));
        File.Move(PartialOf(digest), PathOf(digest));
        File.Delete(TagOf(digest));
        Filesystem.FlushFolder(Path.GetDirectoryName(PathOf(digest))!);
    }

    internal void DropPartial(Digest digest)
    {
        File.Delete(PartialOf(digest));
        File.Delete(TagOf(digest));
    }

    /// <summary>What is wrong with a file that should have this size and digest; null when nothing is.</summary>
    internal static async Task<string?> FindDamageAsync(string path, BlobRef expected, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length != expected.Size)
        {
            return file.Exists ? $"'{path}' has {file.Length} bytes, it should have {expected.Size}" : $"'{path}' is missing";
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        var actual = Digest.FromHash(await SHA256.HashDataAsync(stream, cancellationToken));
        return actual == expected.Digest ? null : $"'{path}' has digest {actual}, it should have {expected.Digest}";
    }

    /// <summary>Takes in content that did not come from the service; what is there already stays.</summary>
    /// <exception cref="InvalidDataException">When it is not what it should be.</exception>
    internal async Task AddAsync(BlobRef blob, Stream content, CancellationToken cancellationToken)
    {
        if (Has(blob))
        {
            return;
        }

        using (var partial = new FileStream(PartialOf(blob.Digest), FileMode.Create, FileAccess.Write, FileShare.None))
        {
            await content.CopyToAsync(partial, cancellationToken);
            partial.Flush(flushToDisk: true);
        }

        if (await FindDamageAsync(PartialOf(blob.Digest), blob, cancellationToken) is { } damage)
        {
            DropPartial(blob.Digest);
            throw new InvalidDataException($"{damage}.");
        }

        Adopt(blob.Digest);
    }

    /// <summary>A small document of the store, its digest checked.</summary>
    internal Task<byte[]> ReadAsync(Digest digest, int limit, CancellationToken cancellationToken) => _blobs.ReadAsync(digest, limit, cancellationToken);

    internal async Task<VariantManifest> ReadManifestAsync(BlobRef manifest, CancellationToken cancellationToken) =>
        ReleaseReader.ReadManifest(await _blobs.ReadAsync(manifest.Digest, Limits.ManifestBytes, cancellationToken));

    /// <summary>Deletes every whole blob that is not named, and every partial one.</summary>
    internal void Sweep(IReadOnlySet<Digest> keep)
    {
        var names = keep.Select(digest => digest.Hex).ToHashSet();
        var blobs = Path.GetDirectoryName(PathOf(Digest.Of([])))!;
        foreach (var path in Directory.Exists(blobs) ? Directory.EnumerateFiles(blobs) : [])
        {
            if (!names.Contains(Path.GetFileName(path)))
            {
                Delete(path);
            }
        }

        foreach (var path in Directory.EnumerateFiles(folder.Partial))
        {
            File.Delete(path);
        }
    }

    internal static void MakeReadOnly(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            File.SetAttributes(path, FileAttributes.ReadOnly);
        }
        else
        {
            File.SetUnixFileMode(path, ReadableByAll);
        }
    }

    /// <summary>Deletes a file that may be read-only or missing.</summary>
    internal static void Delete(string path)
    {
        // Windows refuses to delete a read-only file; Unix asks the folder alone.
        if (OperatingSystem.IsWindows() && File.Exists(path))
        {
            File.SetAttributes(path, FileAttributes.Normal);
        }

        File.Delete(path);
    }
}
