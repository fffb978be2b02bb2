using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace SlmOps.Pipeline.Storage;

/// <summary>A blob as it was when it was found, read where it lies: once somebody writes it anew, nothing more is read of it.</summary>
/// <param name="Client">The blob.</param>
/// <param name="ETag">Its version.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record PinnedBlob(BlobClient Client, ETag ETag, long Length)
{
    /// <exception cref="BlobChangedException">When it is not there.</exception>
    internal static async Task<PinnedBlob> FindAsync(BlobClient client, CancellationToken cancellationToken)
    {
        try
        {
            var found = await client.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return new(client, found.Value.ETag, found.Value.ContentLength);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            throw new BlobChangedException(client, isDeleted: true, missing);
        }
    }

    /// <summary>Fills the buffer from an offset on; what breaks off on the way is asked for again by the client.</summary>
    /// <exception cref="BlobChangedException">When it was overwritten or deleted.</exception>
    internal async Task ReadAsync(long offset, Memory<byte> into, CancellationToken cancellationToken)
    {
        if (into.Length == 0)
        {
            return;
        }

        try
        {
            var range = new BlobDownloadOptions
            {
                Range = new HttpRange(offset, into.Length),
                Conditions = new BlobRequestConditions { IfMatch = ETag },
            };
            using var answer = (await Client.DownloadStreamingAsync(range, cancellationToken).ConfigureAwait(false)).Value;
            await answer.Content.ReadExactlyAsync(into, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException gone) when (gone.Status is 404 or 412)
        {
            throw await ChangedAsync(gone, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What became of it, once storage has refused it by its ETag: what is gone may be refused as what is another.</summary>
    internal async Task<BlobChangedException> ChangedAsync(RequestFailedException refused, CancellationToken cancellationToken) =>
        new(Client, !await Client.ExistsAsync(cancellationToken).ConfigureAwait(false), refused);

    /// <summary>All of a blob that is small.</summary>
    /// <exception cref="InvalidDataException">When it is larger.</exception>
    internal async Task<byte[]> ReadAllAsync(long most, CancellationToken cancellationToken)
    {
        if (Length > most)
        {
            throw new InvalidDataException($"{Client.BlobContainerName}/{Client.Name} has {Length} bytes; the limit is {most}.");
        }

        var bytes = new byte[Length];
        await ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }
}

/// <summary>A blob is not what it was when it was found.</summary>
internal sealed class BlobChangedException(BlobClient blob, bool isDeleted, Exception inner) : IOException(
    $"{blob.BlobContainerName}/{blob.Name} was {(isDeleted ? "deleted" : "overwritten")} while it was read.", inner)
{
    /// <summary>Its container.</summary>
    internal string Container { get; } = blob.BlobContainerName;

    /// <summary>Its name in the container.</summary>
    internal string Blob { get; } = blob.Name;

    /// <summary>True when it is gone, false when it holds something else.</summary>
    internal bool IsDeleted => isDeleted;
}
