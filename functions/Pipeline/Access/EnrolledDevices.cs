using Azure;
using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Access;

/// <summary>The devices of the fleet and the tokens they come in with: rows of table <c>access</c>.</summary>
internal sealed class EnrolledDevices(TableServiceClient tables, PipelineOptions options, TimeProvider time)
{
    private const string Devices = "device";
    private const string Tokens = "token";
    private readonly TableClient _table = tables.GetTableClient(Tables.Access);

    internal Task<Stored<EnrolledDevice>?> FindAsync(DeviceId id, CancellationToken cancellationToken) =>
        _table.FindAsync<EnrolledDevice>(Devices, id, cancellationToken);

    /// <summary>False when somebody else changed the device meanwhile.</summary>
    internal async Task<bool> TrySaveAsync(EnrolledDevice device, ETag? seen, CancellationToken cancellationToken)
    {
        var row = JsonRow.Write(Devices, device.Id, device);
        try
        {
            await (seen is { } etag
                ? _table.UpdateEntityAsync(row, etag, TableUpdateMode.Replace, cancellationToken)
                : _table.AddEntityAsync(row, cancellationToken)).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 404 or 409 or 412)
        {
            return false;
        }
    }

    /// <summary>The device as it was before; null when there is none.</summary>
    internal async Task<EnrolledDevice?> RevokeAsync(DeviceId id, CancellationToken cancellationToken)
    {
        while (await FindAsync(id, cancellationToken).ConfigureAwait(false) is { } seen)
        {
            var revoked = seen.Value with { RevokedAt = seen.Value.RevokedAt ?? time.GetUtcNow() };
            if (await TrySaveAsync(revoked, seen.ETag, cancellationToken).ConfigureAwait(false))
            {
                return seen.Value;
            }
        }

        return null;
    }

    /// <summary>The record of a token; null when there is none. The one of the settings has no ETag: it is never used up.</summary>
    internal async Task<(EnrolmentToken Token, ETag? ETag)?> FindTokenAsync(string text, CancellationToken cancellationToken)
    {
        if (options.GroupTokenSha256.Length > 0 && Secret.Matches(text, options.GroupTokenSha256))
        {
            return (
                new()
                {
                    Id = EnrolmentToken.OfSettings,
                    Sha256 = options.GroupTokenSha256,
                    Uses = int.MaxValue,
                    Used = 0,
                    CreatedAt = default,
                    ExpiresAt = DateTimeOffset.MaxValue,
                },
                null);
        }

        return Secret.TryIdOf(text, Secret.TokenPrefix, out var id)
            && await _table.FindAsync<EnrolmentToken>(Tokens, id, cancellationToken).ConfigureAwait(false) is { } found
            && Secret.Matches(text, found.Value.Sha256)
                ? (found.Value, found.ETag)
                : null;
    }

    /// <summary>Counts a use; false when somebody else used it meanwhile.</summary>
    internal async Task<bool> TryUseAsync(EnrolmentToken token, ETag? seen, CancellationToken cancellationToken)
    {
        if (seen is not { } etag)
        {
            return true;
        }

        try
        {
            var used = JsonRow.Write(Tokens, token.Id, token with { Used = token.Used + 1 });
            await _table.UpdateEntityAsync(used, etag, TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 404 or 412)
        {
            return false;
        }
    }

    internal async Task<IReadOnlyList<EnrolmentToken>> ListTokensAsync(CancellationToken cancellationToken)
    {
        var tokens = new List<EnrolmentToken>();
        var rows = _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Tokens}"), cancellationToken: cancellationToken);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            tokens.Add(JsonRow.Read<EnrolmentToken>(row));
        }

        return [.. tokens.OrderBy(token => token.CreatedAt)];
    }

    /// <summary>Makes a token; the text is kept nowhere.</summary>
    internal async Task<(EnrolmentToken Token, string Text)> AddTokenAsync(
        int uses, TimeSpan life, ChannelName channel, DeviceId device, CancellationToken cancellationToken)
    {
        var secret = Secret.New(Secret.TokenPrefix);
        var now = time.GetUtcNow();
        var token = new EnrolmentToken
        {
            Id = secret.Id,
            Sha256 = secret.Sha256,
            Uses = uses,
            Used = 0,
            Channel = channel,
            Device = device,
            CreatedAt = now,
            ExpiresAt = now + life,
        };
        await _table.AddEntityAsync(JsonRow.Write(Tokens, token.Id, token), cancellationToken).ConfigureAwait(false);
        return (token, secret.Text);
    }

    /// <summary>False when there is no such token.</summary>
    internal async Task<bool> RevokeTokenAsync(string id, CancellationToken cancellationToken)
    {
        while (await _table.FindAsync<EnrolmentToken>(Tokens, id, cancellationToken).ConfigureAwait(false) is { } seen)
        {
            var revoked = seen.Value with { RevokedAt = seen.Value.RevokedAt ?? time.GetUtcNow() };
            try
            {
                await _table.UpdateEntityAsync(JsonRow.Write(Tokens, id, revoked), seen.ETag, TableUpdateMode.Replace, cancellationToken)
                    .ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException lost) when (lost.Status == 412)
            {
                // A device came in with it meanwhile; it is read again.
            }
        }

        return false;
    }
}
