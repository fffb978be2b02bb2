using Azure;
using Azure.Data.Tables;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Access;

/// <summary>The operators' keys: rows of table <c>access</c>, and the one whose hash the settings hold.</summary>
internal sealed class OperatorKeys(TableServiceClient tables, PipelineOptions options, TimeProvider time)
{
    private const string Partition = "operator";
    private readonly TableClient _table = tables.GetTableClient(Tables.Access);

    /// <summary>The key of the settings: whoever runs the platform holds it.</summary>
    private OperatorKeyRecord? OfSettings => options.AdminKeySha256.Length == 0
        ? null
        : new("settings", "platform", OperatorRole.Admin, options.AdminKeySha256, default, null, null);

    /// <summary>The record of a key; null when there is none.</summary>
    internal async Task<OperatorKeyRecord?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (OfSettings is { } own && Secret.Matches(text, own.Sha256))
        {
            return own;
        }

        return Secret.TryIdOf(text, Secret.OperatorPrefix, out var id)
            && await _table.FindAsync<OperatorKeyRecord>(Partition, id, cancellationToken).ConfigureAwait(false) is { Value: var found }
            && Secret.Matches(text, found.Sha256)
                ? found
                : null;
    }

    internal async Task<IReadOnlyList<OperatorKeyRecord>> ListAsync(CancellationToken cancellationToken)
    {
        List<OperatorKeyRecord> keys = OfSettings is { } own ? [own] : [];
        var rows = _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: cancellationToken);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            keys.Add(JsonRow.Read<OperatorKeyRecord>(row));
        }

        return [.. keys.OrderBy(key => key.CreatedAt)];
    }

    /// <summary>Makes a key; the text is kept nowhere.</summary>
    internal async Task<(OperatorKeyRecord Record, string Text)> AddAsync(
        string name, OperatorRole role, TimeSpan? life, CancellationToken cancellationToken)
    {
        var secret = Secret.New(Secret.OperatorPrefix);
        var now = time.GetUtcNow();
        var record = new OperatorKeyRecord(secret.Id, name, role, secret.Sha256, now, now + life, null);
        await _table.AddEntityAsync(JsonRow.Write(Partition, record.Id, record), cancellationToken).ConfigureAwait(false);
        return (record, secret.Text);
    }

    /// <summary>False when there is no such key.</summary>
    internal async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        while (await _table.FindAsync<OperatorKeyRecord>(Partition, id, cancellationToken).ConfigureAwait(false) is { } seen)
        {
            var revoked = seen.Value with { RevokedAt = seen.Value.RevokedAt ?? time.GetUtcNow() };
            try
            {
                await _table
                    .UpdateEntityAsync(JsonRow.Write(Partition, id, revoked), seen.ETag, TableUpdateMode.Replace, cancellationToken)
                    .ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException lost) when (lost.Status == 412)
            {
                // Somebody else revoked it meanwhile; it is read again.
            }
        }

        return false;
    }
}
