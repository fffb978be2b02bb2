using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Contracts;
using SlmOps.Packaging.Sharding;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// Makes content-addressed blobs of what lies in storage already: storage copies whole blobs, and ranges of them into the
/// blocks of a new one. Of a shard only small pieces and the zeros between pieces are sent from here, because a request for
/// each costs more than their bytes. A blob appears whole or not at all.
/// </summary>
/// <param name="container">Where the blobs go.</param>
/// <param name="links">Gives storage the right to read what it copies.</param>
internal sealed class ServerCopy(BlobContainerClient container, BlobLinks links)
{
    private const int Requests = 8;

    private readonly ContainerBlobStore _store = new(container);

    /// <summary>Copies a whole blob to the name of its content, unless that is there.</summary>
    /// <exception cref="BlobChangedException">When it was overwritten or deleted.</exception>
    internal async Task CopyAsync(PinnedBlob from, Digest digest, CancellationToken cancellationToken)
    {
        if (await _store.TryRenewAsync(digest, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        if (from.Length == 0)
        {
            await _store.WriteAsync(digest, 0, Stream.Null, cancellationToken).ConfigureAwait(false);
        }
        else if (!await TryCopyAsync(from, container.GetBlobClient(ContainerBlobStore.NameOf(digest)), cancellationToken)
            .ConfigureAwait(false))
        {
            await CommitAsync(digest, ShardBlocks.Of(from.Length), _ => from, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Puts a shard together, unless it is there.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="fileOf">The blob of a file that its pieces lie in.</param>
    /// <param name="digest">Its digest, computed from the same bytes.</param>
    /// <param name="cancellationToken">Stops the copying; nothing appears then.</param>
    /// <exception cref="BlobChangedException">When a file was overwritten or deleted.</exception>
    internal async Task AssembleAsync(
        WeightShard shard, Func<string, PinnedBlob> fileOf, Digest digest, CancellationToken cancellationToken)
    {
        if (!await _store.TryRenewAsync(digest, cancellationToken).ConfigureAwait(false))
        {
            await CommitAsync(digest, ShardBlocks.Of(shard), fileOf, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>False when storage cannot do it at once, because blocks lie there that nobody committed.</summary>
    private async Task<bool> TryCopyAsync(PinnedBlob from, BlobClient to, CancellationToken cancellationToken)
    {
        try
        {
            var copy = await to.StartCopyFromUriAsync(
                await links.ReadAsync(from.Client, cancellationToken).ConfigureAwait(false),
                new BlobCopyFromUriOptions
                {
                    SourceConditions = new BlobRequestConditions { IfMatch = from.ETag },
                    DestinationConditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                },
                cancellationToken).ConfigureAwait(false);
            await copy.WaitForCompletionAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException refused) when (IsSource(refused))
        {
            throw await from.ChangedAsync(refused, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException exists) when (exists.Status is 409 or 412)
        {
            // Somebody else may have written the same bytes first.
            return await to.ExistsAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CommitAsync(
        Digest digest, IReadOnlyList<ShardBlock> blocks, Func<string, PinnedBlob> fileOf, CancellationToken cancellationToken)
    {
        var blob = container.GetBlockBlobClient(ContainerBlobStore.NameOf(digest));
        var sources = new Dictionary<string, (PinnedBlob Blob, Uri Link)>();
        foreach (var file in blocks.Where(block => block.IsCopied).Select(block => block.Pieces[0].File).Distinct())
        {
            var found = fileOf(file);
            sources.Add(file, (found, await links.ReadAsync(found.Client, cancellationToken).ConfigureAwait(false)));
        }

        await Parallel.ForEachAsync(
            blocks.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = Requests, CancellationToken = cancellationToken },
            async (block, token) =>
            {
                var id = ContainerBlobStore.BlockId(block.Index);
                if (block.Item.IsCopied)
                {
                    await StageAsync(blob, id, sources[block.Item.Pieces[0].File], block.Item, token).ConfigureAwait(false);
                }
                else
                {
                    await SendAsync(blob, id, fileOf, block.Item, token).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
        await ContainerBlobStore
            .CommitAsync(blob, [.. blocks.Select((_, index) => ContainerBlobStore.BlockId(index))], cancellationToken)
            .ConfigureAwait(false);
    }

    private static async Task StageAsync(
        BlockBlobClient blob, string id, (PinnedBlob Blob, Uri Link) source, ShardBlock block, CancellationToken cancellationToken)
    {
        try
        {
            await blob.StageBlockFromUriAsync(
                source.Link,
                id,
                new StageBlockFromUriOptions
                {
                    SourceRange = new HttpRange(block.Pieces[0].Offset, block.Length),
                    SourceConditions = new RequestConditions { IfMatch = source.Blob.ETag },
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException changed) when (changed.Status is 404 or 412)
        {
            throw await source.Blob.ChangedAsync(changed, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task SendAsync(
        BlockBlobClient blob, string id, Func<string, PinnedBlob> fileOf, ShardBlock block, CancellationToken cancellationToken)
    {
        var bytes = new byte[block.Length];
        foreach (var piece in block.Pieces)
        {
            await fileOf(piece.File)
                .ReadAsync(piece.Offset, bytes.AsMemory((int)(piece.At - block.At), (int)piece.Length), cancellationToken)
                .ConfigureAwait(false);
        }

        using var content = new MemoryStream(bytes, writable: false);
        await blob.StageBlockAsync(id, content, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    private static bool IsSource(RequestFailedException refused) => refused.Status == 404
        || (refused.Status == 412 && refused.ErrorCode is "SourceConditionNotMet" or "CannotVerifyCopySource");
}
