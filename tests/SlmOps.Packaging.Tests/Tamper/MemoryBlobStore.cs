using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Tamper;

/// <summary>Blobs in memory, which a test may change behind the store's back.</summary>
internal sealed class MemoryBlobStore : IBlobStore
{
    internal Dictionary<Digest, byte[]> Blobs { get; init; } = [];

    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) => Task.FromResult(Blobs.ContainsKey(digest));

    public Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken) => Blobs.TryGetValue(digest, out var bytes)
        ? Task.FromResult<Stream>(new MemoryStream(bytes, writable: false))
        : Task.FromException<Stream>(new FileNotFoundException($"No blob {digest}."));

    public async Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        Blobs[digest] = copy.Length == size && Digest.Of(copy.ToArray()) == digest ? copy.ToArray() : throw new InvalidDataException();
    }
}
