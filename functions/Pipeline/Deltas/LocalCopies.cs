using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Pipeline.Deltas;

/// <summary>
/// Reads blobs of a container through copies on the local disk, checked as they arrive. Making a delta goes through its
/// base tensor by tensor, back and forth: over the network each step back costs a request of some megabytes. What is
/// written goes to the container.
/// </summary>
internal sealed class LocalCopies(IBlobStore remote, string folder) : IBlobStore
{
    private readonly FolderBlobStore _copies = new(folder) { IsDurable = false };
    private readonly HashSet<Digest> _here = [];

    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) => remote.ExistsAsync(digest, cancellationToken);

    public async Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (!_here.Contains(digest))
        {
            using var source = await remote.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            await _copies.WriteAsync(digest, source.Length, source, cancellationToken).ConfigureAwait(false);
            _here.Add(digest);
        }

        return await _copies.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
    }

    public Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken) =>
        remote.WriteAsync(digest, size, content, cancellationToken);

    /// <summary>Deletes every copy but the named ones, so that the disk holds one base at a time.</summary>
    internal void KeepOnly(IReadOnlySet<Digest> digests)
    {
        foreach (var digest in _here.Where(digest => !digests.Contains(digest)).ToList())
        {
            File.Delete(_copies.PathOf(digest));
            _here.Remove(digest);
        }
    }
}
