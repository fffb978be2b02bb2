using Azure;
using Azure.Data.Tables;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Runs;

/// <summary>
/// The state of runs: one partition a run, one row a stage result. A row is written once, together with what is to be
/// sent because of it; whoever comes second finds the first one's result.
/// </summary>
internal sealed class RunStore(TableServiceClient tables, OutboxRelay outbox, TimeProvider time)
{
    private readonly TableClient _runs = tables.GetTableClient(Tables.Runs);

    internal Task<Stored<T>?> FindAsync<T>(RunKey run, string row, CancellationToken cancellationToken)
        where T : class => _runs.FindAsync<T>(run.ToString(), row, cancellationToken);

    /// <exception cref="InvalidDataException">A message names a run that intake never stored.</exception>
    internal async Task<RunRecord> RequireRunAsync(RunKey run, CancellationToken cancellationToken) =>
        (await FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false))?.Value
        ?? throw new InvalidDataException($"There is no run {run}.");

    internal async Task<IReadOnlyList<T>> ListAsync<T>(RunKey run, string prefix, CancellationToken cancellationToken)
    {
        var found = new List<T>();
        await foreach (var row in _runs.WithPrefixAsync(run.ToString(), prefix, cancellationToken).ConfigureAwait(false))
        {
            found.Add(JsonRow.Read<T>(row));
        }

        return found;
    }

    /// <summary>Everything that is stored about a run.</summary>
    internal async Task<RunRows> ReadAsync(RunKey run, CancellationToken cancellationToken)
    {
        var partition = run.ToString();
        var rows = new List<TableEntity>();
        await foreach (var row in _runs.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            rows.Add(row);
        }

        return new(rows);
    }

    /// <summary>Every run, newest state; for lists shown to people.</summary>
    internal async Task<IReadOnlyList<RunRecord>> ListRunsAsync(CancellationToken cancellationToken)
    {
        var found = new List<RunRecord>();
        var rows = _runs.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"RowKey eq {RunRecord.Row}"), cancellationToken: cancellationToken);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            found.Add(JsonRow.Read<RunRecord>(row));
        }

        return found;
    }

    /// <summary>
    /// The other releases of a run's model, newest first, at most so many. A row is never changed, so its time is the
    /// release's.
    /// </summary>
    internal async Task<IReadOnlyList<RunKey>> ListReleasedAsync(RunKey run, int most, CancellationToken cancellationToken)
    {
        // 'A' is the character after '@', which ends the model's name in the key.
        var rows = _runs.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter(
                $"PartitionKey ge {run.Model + "@"} and PartitionKey lt {run.Model + "A"} and RowKey eq {ReleaseResult.Row}"),
            select: ["PartitionKey", "RowKey", "Timestamp"],
            cancellationToken: cancellationToken);
        var found = new List<(RunKey Run, DateTimeOffset? At)>();
        await foreach (var row in rows.ConfigureAwait(false))
        {
            if (RunKey.TryParse(row.PartitionKey, out var other) && other != run)
            {
                found.Add((other, row.Timestamp));
            }
        }

        return [.. found.OrderByDescending(release => release.At).Take(most).Select(release => release.Run)];
    }

    /// <summary>Stores a result and what follows from it; false when the row was there before, which changes nothing.</summary>
    internal async Task<bool> CompleteAsync<T>(
        RunKey run, string row, T result, IReadOnlyList<OutboxEntry> entries, CancellationToken cancellationToken)
    {
        var partition = run.ToString();
        var actions = new List<TableTransactionAction>
        {
            new(TableTransactionActionType.Add, JsonRow.Write(partition, row, result)),
        };
        actions.AddRange(OutboxRelay.Rows(partition, row.Replace('|', '-'), entries));
        try
        {
            await _runs.SubmitTransactionAsync(actions, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException conflict) when (conflict.Status == 409)
        {
            return false;
        }

        await RelayAsync(run, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Writes a row that is no result: it may change, and goes again.</summary>
    internal Task PutAsync<T>(RunKey run, string row, T value, CancellationToken cancellationToken) =>
        _runs.UpsertEntityAsync(JsonRow.Write(run.ToString(), row, value), TableUpdateMode.Replace, cancellationToken);

    /// <summary>Deletes such a row; one that is gone is no error.</summary>
    internal Task DeleteAsync(RunKey run, string row, CancellationToken cancellationToken) =>
        _runs.DeleteEntityAsync(run.ToString(), row, cancellationToken: cancellationToken);

    internal Task RelayAsync(RunKey run, CancellationToken cancellationToken) =>
        outbox.RelayAsync(_runs, run.ToString(), cancellationToken);

    internal Task SweepAsync(TimeSpan age, CancellationToken cancellationToken) =>
        outbox.SweepAsync(_runs, time.GetUtcNow() - age, cancellationToken);
}
