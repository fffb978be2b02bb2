using System.Globalization;
using Azure;
using Azure.Data.Tables;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Audit;

/// <summary>
/// What operators changed, one partition of table <c>audit</c>: an entry a row, only ever added, and the head, which
/// changes in the same transaction. Its ETag orders writers, so that the chain has no forks.
/// </summary>
internal sealed class AuditLog(TableServiceClient tables, TimeProvider time, ILogger<AuditLog> log)
{
    private const string Partition = "log";
    private const int MaxTarget = 1024;
    private const int MaxTries = 100;
    private readonly TableClient _table = tables.GetTableClient(Tables.Audit);

    /// <summary>Adds an entry; its number, time and hashes are given here.</summary>
    /// <exception cref="InvalidOperationException">Others were faster every time; nothing was added.</exception>
    internal async Task<AuditEntry> AppendAsync(
        string who, string call, string target, int? status, long? of, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var seen = await _table.FindAsync<AuditHead>(Partition, AuditHead.Row, cancellationToken).ConfigureAwait(false);
            var entry = AuditChain.Sealed(new()
            {
                Seq = (seen?.Value.Seq ?? 0) + 1,
                Time = time.GetUtcNow(),
                Who = who,
                Call = call,
                Target = target.Length > MaxTarget ? target[..MaxTarget] : target,
                Status = status,
                Of = of,
                Previous = seen?.Value.Hash ?? AuditChain.Start,
                Hash = "",
            });
            if (await TryAddAsync(entry, seen?.ETag, cancellationToken).ConfigureAwait(false))
            {
                // Where logs go is another place than the table: who changes the one does not change the other.
                Log.Audited(log, entry.Seq, entry.Who, entry.Call, entry.Target, entry.Status, entry.Hash);
                return entry;
            }
        }

        throw new InvalidOperationException($"The audit log could not be written in {MaxTries} tries.");
    }

    /// <summary>Entries after a number, in the order in which they are kept, and the head that they lead to.</summary>
    internal async Task<AuditPage> ReadAsync(long after, CancellationToken cancellationToken)
    {
        var head = await HeadAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var entries = await EntriesAsync(after, cancellationToken).ConfigureAwait(false);
            var now = await HeadAsync(cancellationToken).ConfigureAwait(false);
            if (now == head)
            {
                return new(entries, head.Seq, head.Hash);
            }

            // Something was added meanwhile: head and entries must be of one moment, or the chain would seem broken.
            head = now;
        }
    }

    private async Task<AuditHead> HeadAsync(CancellationToken cancellationToken) =>
        (await _table.FindAsync<AuditHead>(Partition, AuditHead.Row, cancellationToken).ConfigureAwait(false))?.Value
        ?? new(0, AuditChain.Start);

    private async Task<List<AuditEntry>> EntriesAsync(long after, CancellationToken cancellationToken)
    {
        var (from, to) = (RowOf(after + 1), RowOf(after + AuditPage.MaxEntries));
        var rows = _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey ge {from} and RowKey le {to}"),
            cancellationToken: cancellationToken);
        var entries = new List<AuditEntry>();
        await foreach (var row in rows.ConfigureAwait(false))
        {
            entries.Add(JsonRow.Read<AuditEntry>(row));
        }

        return entries;
    }

    private async Task<bool> TryAddAsync(AuditEntry entry, ETag? seen, CancellationToken cancellationToken)
    {
        var head = JsonRow.Write(Partition, AuditHead.Row, new AuditHead(entry.Seq, entry.Hash));
        TableTransactionAction[] actions =
        [
            new(TableTransactionActionType.Add, JsonRow.Write(Partition, RowOf(entry.Seq), entry)),
            seen is { } etag
                ? new(TableTransactionActionType.UpdateReplace, head, etag)
                : new(TableTransactionActionType.Add, head),
        ];
        try
        {
            await _table.SubmitTransactionAsync(actions, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 409 or 412)
        {
            return false;
        }
    }

    // Digits, so that entries lie before the head and in their order.
    private static string RowOf(long seq) => seq.ToString("D12", CultureInfo.InvariantCulture);
}
