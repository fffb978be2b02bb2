using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>Blobs by digest on this device: whole ones, never changed, and partial ones that a download continues.</summary>
internal sealed class ContentStore(DataFolder folder) : IBlobStore
{
    private const int ChunkBytes = 128 << 10;
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private readonly FolderBlobStore _blobs = new(folder.Store);

    internal string PathOf(Digest digest) => _blobs.PathOf(digest);

    internal string PartialOf(Digest digest) => Path.Combine(folder.Partial, digest.Hex);

    internal string TagOf(Digest digest) => Path.Combine(folder.Partial, digest.Hex + ".etag");

    internal long PartialLength(Digest digest) => new FileInfo(PartialOf(digest)) is { Exists: true } file ? file.Length : 0;

    internal bool Has(BlobRef blob) => new FileInfo(PathOf(blob.Digest)) is { Exists: true } file && file.Length == blob.Size;

    /// <summary>Makes a partial file, checked and flushed, a whole blob.</summary>
    internal void Adopt(Digest digest) => Adopt(PartialOf(digest), digest);

    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) => _blobs.ExistsAsync(digest, cancellationToken);

    public Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken) => _blobs.OpenReadAsync(digest, cancellationToken);

    /// <summary>Writes what is made here. A power cut leaves one file of that blob beside the store, which the next try overwrites.</summary>
    public async Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken)
    {
        var path = PartialOf(digest) + ".made";
        try
        {
            using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0))
            {
                var actual = await CopyAsync(content, file, size, cancellationToken);
                if (actual != digest || file.Length != size)
                {
                    throw new InvalidDataException($"The result has digest {actual} and {file.Length} bytes, it should have {digest} and {size}.");
                }

                file.Flush(flushToDisk: true);
            }

            Adopt(path, digest);
        }
        finally
        {
            File.Delete(path);
        }
    }

    internal void DropPartial(Digest digest)
    {
        File.Delete(PartialOf(digest));
        File.Delete(TagOf(digest));
    }

    private void Adopt(string path, Digest digest)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(digest))!);
        MakeReadOnly(path);
        Delete(PathOf(digest));
        File.Move(path, PathOf(digest));
        DropPartial(digest);
        Filesystem.FlushFolder(Path.GetDirectoryName(PathOf(digest))!);
    }

    private static async Task<Digest> CopyAsync(Stream content, FileStream file, long most, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ChunkBytes];
        for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (file.Length + read > most)
            {
                throw new InvalidDataException($"The result has more than the {most} bytes it may have.");
            }

            hash.AppendData(buffer, 0, read);
            file.Write(buffer, 0, read);
        }

        return Digest.FromHash(hash.GetHashAndReset());
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
