using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Repository;

/// <summary>
/// The files <c>metadata/</c> in container <c>packages</c>. Every name but <c>timestamp.json</c> is written once; that
/// one is replaced by a newer version only, which its blob metadata tells.
/// </summary>
internal sealed class MetadataFiles(BlobServiceClient blobs)
{
    private const string VersionKey = "metadataversion";

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Containers.Packages);

    /// <summary>At most <paramref name="limit"/> + 1 bytes of a file, or null when it does not exist.</summary>
    internal async Task<byte[]?> ReadAsync(string name, int limit, CancellationToken cancellationToken) =>
        (await OpenAsync(name, limit, cancellationToken).ConfigureAwait(false))?.Bytes;

    /// <summary>The same with the file's ETag.</summary>
    internal async Task<(byte[] Bytes, ETag ETag)?> OpenAsync(string name, int limit, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadStreamingResult answer = await Blob(name)
                .DownloadStreamingAsync(cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            using (answer)
            {
                var bytes = new byte[(int)Math.Min(answer.Details.ContentLength, limit + 1L)];
                await answer.Content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return (bytes, answer.Details.ETag);
            }
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Writes a file unless it exists; false when it does.</summary>
    internal async Task<bool> TryWriteAsync(string name, byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            await UploadAsync(name, bytes, "public, max-age=31536000, immutable", null, new() { IfNoneMatch = ETag.All }, cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException exists) when (exists.Status is 409 or 412)
        {
            return false;
        }
    }

    /// <summary>Version and ETag of the published timestamp; 0 and null before the first.</summary>
    internal async Task<(long Version, ETag? ETag)> PublishedAsync(CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await Blob(TufFileName.Timestamp)
                .GetPropertiesAsync(cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            return (long.Parse(properties.Metadata[VersionKey], CultureInfo.InvariantCulture), properties.ETag);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return (0, null);
        }
    }

    /// <summary>Replaces the timestamp that was seen; false when it is another one by now.</summary>
    internal async Task<bool> TryReplaceAsync(TufFile timestamp, ETag? seen, CancellationToken cancellationToken)
    {
        var version = new Dictionary<string, string> { [VersionKey] = timestamp.Version.ToString(CultureInfo.InvariantCulture) };
        var conditions = seen is { } etag
            ? new BlobRequestConditions { IfMatch = etag }
            : new BlobRequestConditions { IfNoneMatch = ETag.All };
        try
        {
            await UploadAsync(TufFileName.Timestamp, timestamp.Bytes, "no-cache", version, conditions, cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 409 or 412)
        {
            return false;
        }
    }

    private async Task UploadAsync(
        string name, byte[] bytes, string cache, Dictionary<string, string>? metadata, BlobRequestConditions conditions,
        CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json", CacheControl = cache },
            Metadata = metadata,
            Conditions = conditions,
        };
        await Blob(name).UploadAsync(BinaryData.FromBytes(bytes), options, cancellationToken).ConfigureAwait(false);
    }

    private BlobClient Blob(string name) => _container.GetBlobClient($"metadata/{name}");
}
