using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// Content-addressed blobs <c>blobs/sha256/{hex}</c> in a container, the layout of an OCI image-layout. Blocks are
/// hashed while they are staged and committed only when the digest is right, so a wrong blob never exists.
/// </summary>
internal sealed class ContainerBlobStore(BlobContainerClient container) : IBlobStore
{
    private const int BlockBytes = 4 * 1024 * 1024;

    /// <summary>A collector's grace must be longer.</summary>
    internal static readonly TimeSpan RenewAfter = TimeSpan.FromHours(1);

    internal const string Folder = "blobs/sha256/";

    internal static string NameOf(Digest digest) => Folder + digest.Hex;

    public async Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) =>
        await container.GetBlobClient(NameOf(digest)).ExistsAsync(cancellationToken).ConfigureAwait(false);

    public async Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return await container.GetBlobClient(NameOf(digest))
                .OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            throw new FileNotFoundException($"The container '{container.Name}' does not hold {digest}.", missing);
        }
    }

    public async Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken)
    {
        if (await TryRenewAsync(digest, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var blob = container.GetBlockBlobClient(NameOf(digest));
        var blocks = new List<string>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[(int)Math.Min(BlockBytes, Math.Max(size, 1))];
        long total = 0;
        for (int read; (read = await content.ReadAtLeastAsync(buffer, buffer.Length, false, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            total += read;
            var id = BlockId(blocks.Count);
            using var block = new MemoryStream(buffer, 0, read, writable: false);
            await blob.StageBlockAsync(id, block, cancellationToken: cancellationToken).ConfigureAwait(false);
            blocks.Add(id);
        }

        var actual = Digest.FromHash(hash.GetHashAndReset());
        if (actual != digest || total != size)
        {
            throw new InvalidDataException($"Expected {digest} of {size} bytes, got {actual} of {total} bytes.");
        }

        await CommitAsync(blob, blocks, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All ids of a blob's blocks have one length.</summary>
    internal static string BlockId(int index) => Convert.ToBase64String(BitConverter.GetBytes(index));

    /// <summary>Makes a blob of its blocks, unless somebody else did.</summary>
    internal static async Task CommitAsync(BlockBlobClient blob, IReadOnlyList<string> blocks, CancellationToken cancellationToken)
    {
        try
        {
            await blob.CommitBlockListAsync(
                blocks,
                new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
                cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException exists) when (exists.Status is 409 or 412)
        {
            // Somebody else wrote the same bytes first.
        }
    }

    /// <summary>
    /// True when the blob is there. It then counts as written now, because a collector must not take a blob that a new
    /// package just found: writing its metadata again changes its time and its ETag. A blob of the last hour is left
    /// alone, since a new ETag makes a device that is fetching it start again.
    /// </summary>
    internal async Task<bool> TryRenewAsync(Digest digest, CancellationToken cancellationToken)
    {
        var blob = container.GetBlobClient(NameOf(digest));
        try
        {
            var found = await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            if (!await IsWholeAsync(blob, found.Value, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            if (found.GetRawResponse().Headers.Date is not { } now || now - found.Value.LastModified > RenewAfter)
            {
                await blob.SetMetadataAsync(found.Value.Metadata, cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            return true;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return false;
        }
    }

    /// <summary>A copy that storage has not finished shows under the blob's name already.</summary>
    private static async Task<bool> IsWholeAsync(BlobClient blob, BlobProperties found, CancellationToken cancellationToken)
    {
        switch (found.BlobCopyStatus)
        {
            case CopyStatus.Pending:
                throw new IOException($"{blob.BlobContainerName}/{blob.Name} is still being copied ({found.CopyProgress} bytes).");
            case CopyStatus.Failed or CopyStatus.Aborted:
                var same = new BlobRequestConditions { IfMatch = found.ETag };
                await blob.DeleteIfExistsAsync(conditions: same, cancellationToken: cancellationToken).ConfigureAwait(false);
                return false;
            default:
                return true;
        }
    }
}
