using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.Contracts;
using SlmOps.Packaging.Channels;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Channels;

/// <summary>
/// Signs a channel's newest state and writes it as one static blob: what ten devices and ten million devices read. The
/// version in the blob's metadata keeps an older state from replacing a newer one.
/// </summary>
internal sealed class ChannelPublisher(
    RolloutStore store,
    ReleaseRepository repository,
    BlobServiceClient blobs,
    SigningKeys keys,
    PipelineOptions options,
    ILogger<ChannelPublisher> log)
{
    private const string VersionKey = "channelversion";

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Containers.Channels);

    internal static string BlobOf(ChannelName channel) => $"{channel}.json";

    internal async Task PublishAsync(ChannelName channel, CancellationToken cancellationToken)
    {
        var blob = _container.GetBlobClient(BlobOf(channel));
        while (true)
        {
            var state = await store.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidDataException($"There is no channel '{channel}'.");
            var (published, etag) = await PublishedAsync(blob, cancellationToken).ConfigureAwait(false);
            if (published >= state.Value.Version)
            {
                return;
            }

            // Before the document that asks for them: a device takes no release whose sequence is lower than its own.
            var rollouts = await store.ListRolloutsAsync(channel, cancellationToken).ConfigureAwait(false);
            await repository.ArrangeAsync(ReleaseOrder.Of(state.Value, rollouts), cancellationToken).ConfigureAwait(false);
            var document = await DocumentAsync(state.Value, cancellationToken).ConfigureAwait(false);
            var key = await keys.DirectorAsync(cancellationToken).ConfigureAwait(false);
            var signed = await ChannelSigner.SignAsync(document, key, cancellationToken).ConfigureAwait(false);
            try
            {
                await blob.UploadAsync(
                    BinaryData.FromBytes(signed),
                    new BlobUploadOptions
                    {
                        HttpHeaders = new BlobHttpHeaders
                        {
                            ContentType = "application/vnd.dsse.envelope.v1+json",
                            CacheControl = "no-cache",
                        },
                        Metadata = new Dictionary<string, string>
                        {
                            [VersionKey] = state.Value.Version.ToString(CultureInfo.InvariantCulture),
                        },
                        Conditions = etag is { } seen
                            ? new BlobRequestConditions { IfMatch = seen }
                            : new BlobRequestConditions { IfNoneMatch = ETag.All },
                    },
                    cancellationToken).ConfigureAwait(false);
                Log.ChannelPublished(log, channel, state.Value.Version);
                return;
            }
            catch (RequestFailedException lost) when (lost.Status is 409 or 412)
            {
                // Another instance published meanwhile; look again whether ours is still newer.
            }
        }
    }

    private async Task<ChannelDocument> DocumentAsync(ChannelRecord state, CancellationToken cancellationToken)
    {
        // The stable release's rollout is over, but a device that takes it later still belongs to its trace.
        var rollout = state.LatestRollout is { } id
            ? (await store.FindRolloutAsync(state.Channel, id, cancellationToken).ConfigureAwait(false))?.Value
            : null;
        return ChannelView.Of(state, rollout, TimeSpan.FromDays(options.ChannelDays));
    }

    private static async Task<(long Version, ETag? ETag)> PublishedAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return (long.Parse(properties.Metadata[VersionKey], CultureInfo.InvariantCulture), properties.ETag);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return (0, null);
        }
    }
}
