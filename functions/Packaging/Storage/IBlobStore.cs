using SlmOps.Contracts;
using SlmOps.Packaging.Collection;

namespace SlmOps.Packaging.Storage;

/// <summary>A blob as an OCI descriptor names it.</summary>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record BlobRef(Digest Digest, long Size);

/// <summary>Blobs named by their digest, to be read.</summary>
public interface IBlobSource
{
    /// <summary>Opens a blob for reading from its start.</summary>
    /// <exception cref="FileNotFoundException">When the source does not hold it.</exception>
    Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken);
}

/// <summary>Blobs named by their digest, written once and never changed.</summary>
public interface IBlobStore : IBlobSource
{
    /// <summary>True when the whole blob is there.</summary>
    Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a blob and checks its digest and size on the way. A blob that is already there is success,
    /// and counts as written now for <see cref="GarbagePlan"/>. When anything fails, the store holds nothing new.
    /// </summary>
    /// <exception cref="InvalidDataException">When the content has another digest or size.</exception>
    Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken);

    /// <summary>
    /// Adds content whose digest is not known yet. A store that can name a blob after writing it does so in one pass;
    /// this default reads a seekable stream twice.
    /// </summary>
    async Task<BlobRef> AddAsync(Stream content, CancellationToken cancellationToken)
    {
        var start = content.Position;
        var digest = await Digest.OfAsync(content, cancellationToken).ConfigureAwait(false);
        var size = content.Position - start;
        content.Position = start;
        await WriteAsync(digest, size, content, cancellationToken).ConfigureAwait(false);
        return new(digest, size);
    }
}
