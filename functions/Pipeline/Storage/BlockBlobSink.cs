using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Contracts;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// Streams a model that is being built into block blobs, so that the stage needs no disk for what it makes. A digest is
/// known only when the last byte is written: until then the blobs lie below <c>staging/</c>, then storage itself copies
/// them to the names of their content. What a dead host leaves there is deleted by the account's lifecycle rule.
/// </summary>
internal sealed class BlockBlobSink(BlobContainerClient container, BlobLinks links) : IModelSink
{
    private const int BlockBytes = 4 << 20;

    private readonly string _folder = $"staging/{Guid.NewGuid():N}";
    private readonly List<string> _names = [];
    private IReadOnlyList<OutputFile> _files = [];

    public Stream Create(string name)
    {
        _names.Add(name);
        return Staged(name).OpenWrite(overwrite: true, new BlockBlobOpenWriteOptions { BufferSize = BlockBytes });
    }

    public void Complete(IReadOnlyList<OutputFile> files) => _files = files;

    /// <summary>Gives the finished files their names, each unless it is there already.</summary>
    internal async Task<IReadOnlyList<StoredFile>> StoreAsync(CancellationToken cancellationToken)
    {
        var stored = new List<StoredFile>();
        foreach (var file in _files.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            var digest = Digest.Parse($"sha256:{file.Sha256}");
            await CopyAsync(Staged(file.Name), container.GetBlobClient(ContainerBlobStore.NameOf(digest)), cancellationToken)
                .ConfigureAwait(false);
            stored.Add(new(file.Name, digest, file.Bytes));
        }

        return stored;
    }

    public void Dispose()
    {
        foreach (var name in _names)
        {
            Staged(name).DeleteIfExists();
        }
    }

    private BlockBlobClient Staged(string name) => container.GetBlockBlobClient($"{_folder}/{name}");

    private async Task CopyAsync(BlockBlobClient from, BlobClient to, CancellationToken cancellationToken)
    {
        if (await to.ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        try
        {
            var source = await links.ReadAsync(container.GetBlobClient(from.Name), cancellationToken).ConfigureAwait(false);
            var copy = await to.StartCopyFromUriAsync(
                source,
                new BlobCopyFromUriOptions { DestinationConditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
                cancellationToken).ConfigureAwait(false);
            await copy.WaitForCompletionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException exists) when (exists.Status is 409 or 412)
        {
            // Somebody else wrote the same bytes first.
        }
    }
}
