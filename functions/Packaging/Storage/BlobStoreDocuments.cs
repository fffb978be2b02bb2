using SlmOps.Contracts;

namespace SlmOps.Packaging.Storage;

/// <summary>Small documents in a blob store or source.</summary>
public static class BlobStoreDocuments
{
    /// <summary>Writes a document held in memory and returns its name.</summary>
    public static async Task<BlobRef> AddAsync(this IBlobStore store, ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        var blob = new BlobRef(Digest.Of(document.Span), document.Length);
        using var stream = new MemoryStream(document.ToArray(), writable: false);
        await store.WriteAsync(blob.Digest, blob.Size, stream, cancellationToken).ConfigureAwait(false);
        return blob;
    }

    /// <summary>Reads a whole document; the store is not trusted, so its digest is checked.</summary>
    /// <param name="store">The store.</param>
    /// <param name="digest">The document.</param>
    /// <param name="limit">Most bytes to read.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="PackageFormatException">With <c>too-large</c> or <c>digest-mismatch</c>.</exception>
    public static async Task<byte[]> ReadAsync(this IBlobSource store, Digest digest, int limit, CancellationToken cancellationToken)
    {
        var stream = await store.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var bytes = await BoundedRead.AllAsync(stream, limit, $"blob {digest}", cancellationToken).ConfigureAwait(false);
            return Digest.Of(bytes) == digest
                ? bytes
                : throw new PackageFormatException("digest-mismatch", $"The blob {digest} holds other bytes.");
        }
    }
}
