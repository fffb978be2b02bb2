using System.Globalization;
using Azure;
using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Access;

/// <summary>
/// Tokens that were used, as long as they could be used again: table <c>replays</c>, a partition for each ten minutes in which
/// they end, so that what has ended goes by whole partitions.
/// </summary>
internal sealed class ReplayStore(TableServiceClient tables)
{
    private const int MaxTransaction = 100;
    private const int MaxSweep = 20_000;
    private static readonly TimeSpan Bucket = TimeSpan.FromMinutes(10);
    private readonly TableClient _table = tables.GetTableClient(Tables.Replays);

    /// <summary>False when the token was used before.</summary>
    internal async Task<bool> TryUseAsync(Assertion assertion, CancellationToken cancellationToken)
    {
        var id = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{assertion.Device}\n{assertion.Id}"));
        try
        {
            await _table
                .AddEntityAsync(new TableEntity(PartitionOf(assertion.Expires + DeviceAccess.Skew), id.Hex), cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException used) when (used.Status == 409)
        {
            return false;
        }
    }

    /// <summary>Deletes what has ended; what is left over goes with the next call.</summary>
    internal async Task CollectAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var first = PartitionOf(now);
        var rows = _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey lt {first}"), select: ["PartitionKey", "RowKey"],
            cancellationToken: cancellationToken);
        var (batch, swept) = (new List<TableEntity>(), 0);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            if (batch.Count == MaxTransaction || (batch.Count > 0 && batch[0].PartitionKey != row.PartitionKey))
            {
                await DeleteAsync(batch, cancellationToken).ConfigureAwait(false);
                batch.Clear();
            }

            batch.Add(row);
            if (++swept == MaxSweep)
            {
                break;
            }
        }

        await DeleteAsync(batch, cancellationToken).ConfigureAwait(false);
    }

    private async Task DeleteAsync(List<TableEntity> batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            await _table.SubmitTransactionAsync(
                batch.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (RequestFailedException gone) when (gone.Status == 404)
        {
            // Another host sweeps at the same time.
        }
    }

    private static string PartitionOf(DateTimeOffset time) =>
        new DateTimeOffset(time.UtcTicks - (time.UtcTicks % Bucket.Ticks), TimeSpan.Zero)
            .ToString("yyyyMMddHHmm", CultureInfo.InvariantCulture);
}
