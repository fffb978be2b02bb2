using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

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

    internal long PartialLength(Digest digest) =>
        DiskPath.KindOf(PartialOf(digest)) == PathKind.File ? new FileInfo(PartialOf(digest)).Length : 0;

    internal bool Has(BlobRef blob) => Holds(blob.Digest) && new FileInfo(PathOf(blob.Digest)).Length == blob.Size;

    /// <summary>True when a plain file of that name is there.</summary>
    internal bool Holds(Digest digest) => DiskPath.KindOf(PathOf(digest)) == PathKind.File;

    /// <summary>Makes a partial file, checked and flushed, a whole blob.</summary>
    internal void Adopt(Digest digest) => Adopt(PartialOf(digest), digest);

    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) => Task.FromResult(Holds(digest));

    public Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken) => Holds(digest)
        ? _blobs.OpenReadAsync(digest, cancellationToken)
        : throw new FileNotFoundException($"The store holds no file {digest}.");

    /// <summary>Writes what is made here. A power cut leaves one file of that blob beside the store, which the next try overwrites.</summary>
    public async Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken)
    {
        var path = PartialOf(digest) + ".made";
        try
        {
            using (var file = DiskPath.OpenNew(path))
            {
                var actual = await CopyAsync(content, file, size, cancellationToken);
                if (actual != digest || file.Length != size)
                {
                    throw new InvalidDataException(
                        $"The result has digest {actual} and {file.Length} bytes, it should have {digest} and {size}.");
                }

                file.Flush(flushToDisk: true);
            }

            Adopt(path, digest);
        }
        finally
        {
            DiskPath.Remove(path);
        }
    }

    internal void DropPartial(Digest digest)
    {
        DiskPath.Remove(PartialOf(digest));
        DiskPath.Remove(TagOf(digest));
    }

    private void Adopt(string path, Digest digest)
    {
        DiskPath.EnsureFolder(Path.GetDirectoryName(PathOf(digest))!);
        MakeReadOnly(path);
        DiskPath.Remove(PathOf(digest));
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
        if (FindOutwardDamage(path, expected.Size) is { } damage)
        {
            return damage;
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            var actual = Digest.FromHash(await SHA256.HashDataAsync(stream, cancellationToken));
            return actual == expected.Digest ? null : $"'{path}' has digest {actual}, it should have {expected.Digest}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Such as a sector that cannot be read any more.
            return $"'{path}' cannot be read: {exception.Message}";
        }
    }

    /// <summary>What is wrong with a file as far as it can be seen without reading it; null when nothing is.</summary>
    internal static string? FindOutwardDamage(string path, long size)
    {
        switch (DiskPath.KindOf(path))
        {
            case PathKind.Missing:
                return $"'{path}' is missing";
            case PathKind.Folder:
                return $"'{path}' is a folder";
            case PathKind.Link:
                return $"'{path}' is a link";
        }

        var length = new FileInfo(path).Length;
        return length == size ? null : $"'{path}' has {length} bytes, it should have {size}";
    }

    /// <summary>Takes in content that did not come from the service; what is there already stays.</summary>
    /// <exception cref="InvalidDataException">When it is not what it should be.</exception>
    internal async Task AddAsync(BlobRef blob, Stream content, CancellationToken cancellationToken)
    {
        if (Has(blob))
        {
            return;
        }

        using (var partial = DiskPath.OpenNew(PartialOf(blob.Digest)))
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

    /// <summary>Takes in a document held in memory.</summary>
    internal async Task KeepAsync(byte[] document, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(document, writable: false);
        await AddAsync(new(Digest.Of(document), document.Length), content, cancellationToken);
    }

    /// <summary>A small document of the store, its digest checked.</summary>
    internal Task<byte[]> ReadAsync(Digest digest, int limit, CancellationToken cancellationToken) =>
        BlobStoreDocuments.ReadAsync(this, digest, limit, cancellationToken);

    internal async Task<VariantManifest> ReadManifestAsync(BlobRef manifest, CancellationToken cancellationToken) =>
        ReleaseReader.ReadManifest(await ReadAsync(manifest.Digest, Limits.ManifestBytes, cancellationToken));

    /// <summary>Deletes every whole blob that is not named, and every partial one.</summary>
    internal void Sweep(IReadOnlySet<Digest> keep)
    {
        var names = keep.Select(digest => digest.Hex).ToHashSet();
        foreach (var path in Directory.EnumerateFileSystemEntries(folder.Blobs).Where(path => !names.Contains(Path.GetFileName(path))))
        {
            DiskPath.Remove(path);
        }

        foreach (var path in Directory.EnumerateFileSystemEntries(folder.Partial))
        {
            DiskPath.Remove(path);
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
}
