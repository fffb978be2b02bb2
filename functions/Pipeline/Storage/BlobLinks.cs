using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;

namespace SlmOps.Pipeline.Storage;

/// <summary>Short-lived links that let their holder read one blob.</summary>
internal sealed class BlobLinks(BlobServiceClient blobs, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private UserDelegationKey? _delegation;

    internal async Task<Uri> ReadAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var rights = new BlobSasBuilder(BlobSasPermissions.Read, now + Lifetime)
        {
            BlobContainerName = blob.BlobContainerName,
            BlobName = blob.Name,
            Resource = "b",
        };
        if (blob.CanGenerateSasUri)
        {
            return blob.GenerateSasUri(rights);
        }

        // With an identity there is no account key; a delegation key signs links for a day.
        if (_delegation is null || _delegation.SignedExpiresOn < now + (2 * Lifetime))
        {
            _delegation = await blobs.GetUserDelegationKeyAsync(
                new BlobGetUserDelegationKeyOptions(now.AddDays(1)) { StartsOn = now.AddMinutes(-5) }, cancellationToken)
                .ConfigureAwait(false);
        }

        return new BlobUriBuilder(blob.Uri) { Sas = rights.ToSasQueryParameters(_delegation, blobs.AccountName) }.ToUri();
    }
}
