using System.Buffers;
using System.Security.Cryptography;
using SlmOps.Contracts;

namespace SlmOps.Packaging;

/// <summary>
/// Blobs as files: <c>&lt;root&gt;/blobs/sha256/&lt;hex&gt;</c>, the layout of an OCI image-layout. A blob appears
/// whole or not at all: it is written beside, flushed to the disk, and renamed.
/// </summary>
/// <param name="root">Folder that holds <c>blobs</c>; made when it is not there.</param>
/// <param name="time">Clock for <see cref="GarbagePlan"/>; the system's when null.</param>
public sealed class FolderBlobStore(string root, TimeProvider? time = null) : IBlobStore
{
    private const int ChunkBytes = 1 << 20;
    private const long FlushBytes = 32 << 20;
    private readonly string _folder = Path.Combine(root, "blobs", "sha256");

    /// <summary>Path of the file that holds a blob, whether it is there or not.</summary>
    public string PathOf(Digest digest) => Path.Combine(_folder, digest.Hex);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) => Task.FromResult(File.Exists(PathOf(digest)));

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream>(new FileStream(PathOf(digest), new FileStreamOptions
            {
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                Share = FileShare.Read | FileShare.Delete,
            }));
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new FileNotFoundException($"The store at '{_folder}' does not hold {digest}.", exception);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken)
    {
        if (!TryRenew(PathOf(digest)))
        {
            await StoreAsync(content, new BlobRef(digest, size), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<BlobRef> AddAsync(Stream content, CancellationToken cancellationToken) => StoreAsync(content, null, cancellationToken);

    /// <summary>
    /// True when the blob is there. Its time is set to now, because a collector must not take a blob that a new package
    /// just found.
    /// </summary>
    private bool TryRenew(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, (time ?? TimeProvider.System).GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            // A store that may not be changed is not collected either.
            return File.Exists(path);
        }
    }

    private async Task<BlobRef> StoreAsync(Stream content, BlobRef? expected, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        var temporary = Path.Combine(_folder, $".{Guid.NewGuid():N}.part");
        try
        {
            var actual = await CopyAsync(content, temporary, expected?.Size ?? Limits.FileBytes, cancellationToken).ConfigureAwait(false);
            if (expected is not null && actual != expected)
            {
                throw new InvalidDataException(
                    $"The content has digest {actual.Digest} and {actual.Size} bytes; expected {expected.Digest} and {expected.Size} bytes.");
            }

            File.Move(temporary, PathOf(actual.Digest), overwrite: true);
            return actual;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>
    /// Hashes one chunk while the one before it is being written and earlier ones go to the disk, so that the flush at
    /// the end has little left to wait for.
    /// </summary>
    private static async Task<BlobRef> CopyAsync(Stream content, string path, long most, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (filling, writing) = (ArrayPool<byte>.Shared.Rent(ChunkBytes), ArrayPool<byte>.Shared.Rent(ChunkBytes));
        var (pending, flushing) = (Task.CompletedTask, Task.CompletedTask);
        long flushed = 0;
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        try
        {
            long size = 0;
            int read;
            while ((read = await content.ReadAtLeastAsync(filling, filling.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (size + read > most)
                {
                    throw new InvalidDataException($"The content has more than the {most} bytes it should have.");
                }

                hash.AppendData(filling, 0, read);
                await pending.ConfigureAwait(false);
                pending = RandomAccess.WriteAsync(file, filling.AsMemory(0, read), size, cancellationToken).AsTask();
                size += read;
                if (size - flushed >= FlushBytes && flushing.IsCompleted)
                {
                    await flushing.ConfigureAwait(false);
                    flushing = Task.Run(() => RandomAccess.FlushToDisk(file), cancellationToken);
                    flushed = size;
                }

                (filling, writing) = (writing, filling);
            }

            await pending.ConfigureAwait(false);
            await flushing.ConfigureAwait(false);
            RandomAccess.FlushToDisk(file);
            return new(Digest.FromHash(hash.GetHashAndReset()), size);
        }
        finally
        {
            // The buffers go back to the pool, so no write may still be reading from one.
            await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await flushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(writing);
        }
    }
}
