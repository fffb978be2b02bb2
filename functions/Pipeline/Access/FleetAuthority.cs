using Azure;
using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Packaging.Certificates;
using SlmOps.Packaging.Signing;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Access;

/// <summary>The authority that signs devices' certificates. Its own certificate is made at its first use and kept.</summary>
internal sealed class FleetAuthority(SigningKeys keys, TableServiceClient tables, PipelineOptions options, TimeProvider time)
{
    private const string Partition = "authority";
    private static readonly TimeSpan Life = TimeSpan.FromDays(20 * 365);

    // A device whose clock is a little behind must not take a fresh certificate for one of tomorrow.
    private static readonly TimeSpan Before = TimeSpan.FromHours(1);
    private readonly TableClient _table = tables.GetTableClient(Tables.Access);
    private byte[]? _certificate;

    /// <summary>What devices' tokens must name: the fleet, by its key.</summary>
    internal async Task<string> AudienceAsync(CancellationToken cancellationToken) =>
        $"slmops:{(await keys.FleetAsync(cancellationToken).ConfigureAwait(false)).KeyId[..32]}";

    /// <summary>Signs a certificate for a device.</summary>
    internal async Task<EnrolmentAnswer> IssueAsync(DeviceRequest request, ChannelName channel, CancellationToken cancellationToken)
    {
        var key = await keys.FleetAsync(cancellationToken).ConfigureAwait(false);
        var authority = await CertificateAsync(key, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        var life = TimeSpan.FromDays(options.DeviceDays);
        var certificate = await FleetCertificates.IssueAsync(authority, key, request, now - Before, now + life, cancellationToken)
            .ConfigureAwait(false);
        return new(
            channel, Convert.ToBase64String(certificate), Convert.ToBase64String(authority),
            await AudienceAsync(cancellationToken).ConfigureAwait(false), now + (life * 2 / 3), now + life);
    }

    private async Task<byte[]> CertificateAsync(ISigningKey key, CancellationToken cancellationToken)
    {
        while (_certificate is null)
        {
            if (await _table.FindAsync<AuthorityRecord>(Partition, key.KeyId, cancellationToken).ConfigureAwait(false) is { } kept)
            {
                _certificate = kept.Value.Certificate;
                break;
            }

            var now = time.GetUtcNow();
            var made = await FleetCertificates.AuthorityAsync(key, now - Before, now + Life, cancellationToken).ConfigureAwait(false);
            try
            {
                await _table.AddEntityAsync(JsonRow.Write(Partition, key.KeyId, new AuthorityRecord(made)), cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (RequestFailedException exists) when (exists.Status == 409)
            {
                // Another host made it first; that one counts.
            }
        }

        return _certificate;
    }

    private sealed record AuthorityRecord(byte[] Certificate);
}
