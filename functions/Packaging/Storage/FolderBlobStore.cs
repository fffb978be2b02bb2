using SlmOps.Contracts;
using SlmOps.Packaging.Collection;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Storage;

/// <summary>
/// Blobs as files: <c>&lt;root&gt;/blobs/sha256/&lt;hex&gt;</c>, the layout of an OCI image-layout. A blob appears
/// whole or not at all: it is written beside, flushed to the disk, and renamed.
/// </summary>
/// <param name="root">Folder that holds <c>blobs</c>; made when it is not there.</param>
/// <param name="time">Clock for <see cref="GarbagePlan"/>; the system's when null.</param>
public sealed class FolderBlobStore(string root, TimeProvider? time = null) : IBlobStore
{
    /// <summary>Before the hexadecimal digits of a blob, in its path below the root.</summary>
    internal const string Prefix = "blobs/sha256/";

    private const long FlushBytes = 32 << 20;
    private readonly string _folder = Path.Combine(root, "blobs", "sha256");

    /// <summary>
    /// True, unless the folder can be made again after a power cut: then writing does not wait for the disk, which takes
    /// most of the time.
    /// </summary>
    public bool IsDurable { get; init; } = true;

    /// <summary>Path of the file that holds a blob, whether it is there or not.</summary>
    public string PathOf(Digest digest) => Path.Combine(_folder, digest.Hex);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) => Task.FromResult(File.Exists(PathOf(digest)));

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream>(
                PlainFile.OpenRead(PathOf(digest), FileOptions.Asynchronous | FileOptions.SequentialScan));
        }
        catch (FileNotFoundException exception)
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
            var most = expected?.Size ?? Limits.FileBytes;
            var actual = await CopyAsync(content, temporary, most, cancellationToken).ConfigureAwait(false);
            if (actual.Size > most)
            {
                throw new InvalidDataException($"The content has more than the {most} bytes it may have.");
            }

            if (expected is not null && actual != expected)
            {
                throw new InvalidDataException(
                    $"The content has digest {actual.Digest} and {actual.Size} bytes; expected {expected.Digest} and {expected.Size} bytes."
                );
            }

            File.Move(temporary, PathOf(actual.Digest), overwrite: true);
            return actual;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Earlier bytes go to the disk while later ones are hashed, so that the flush at the end has little left to wait for.</summary>
    private async Task<BlobRef> CopyAsync(Stream content, string path, long most, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        var flushing = Task.CompletedTask;
        long flushed = 0;
        try
        {
            var blob = await HashingCopy.RunAsync(content, most, WriteAsync, cancellationToken).ConfigureAwait(false);
            await flushing.ConfigureAwait(false);
            if (IsDurable)
            {
                RandomAccess.FlushToDisk(file);
            }

            return blob;
        }
        finally
        {
            await flushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task WriteAsync(ReadOnlyMemory<byte> chunk, long offset)
        {
            await RandomAccess.WriteAsync(file, chunk, offset, cancellationToken).ConfigureAwait(false);
            if (IsDurable && offset + chunk.Length - flushed >= FlushBytes && flushing.IsCompleted)
            {
                await flushing.ConfigureAwait(false);
                flushing = Task.Run(() => RandomAccess.FlushToDisk(file), cancellationToken);
                flushed = offset + chunk.Length;
            }
        }
    }
}
