using Azure;
using Azure.Data.Tables;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Repository;

/// <summary>A state and the ETag of its head; null while there is none.</summary>
internal sealed record StoredRepository(RepositoryState State, ETag? ETag);

/// <summary>
/// The state of record: a row for the head and one a release, all in one partition, changed together. The head's ETag
/// lets one of two writers win; the other decides again.
/// </summary>
internal sealed class RepositoryStore(TableServiceClient tables)
{
    private const string Partition = "packages";
    private const string ReleasePrefix = "release|";
    private const int MaxRows = 90;

    private readonly TableClient _table = tables.GetTableClient(Tables.Repository);

    internal async Task<StoredRepository> LoadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = await _table.FindAsync<MetadataHead>(Partition, MetadataHead.Row, cancellationToken).ConfigureAwait(false);
            if (before is null)
            {
                return new(RepositoryState.Empty, null);
            }

            var releases = new List<ReleaseTarget>();
            await foreach (var row in _table.WithPrefixAsync(Partition, ReleasePrefix, cancellationToken).ConfigureAwait(false))
            {
                releases.Add(JsonRow.Read<ReleaseTarget>(row));
            }

            // A long list comes in pages: it is of one state only when the head did not change meanwhile.
            var after = await _table.FindAsync<MetadataHead>(Partition, MetadataHead.Row, cancellationToken).ConfigureAwait(false);
            if (after?.ETag == before.ETag)
            {
                return new(new(before.Value, releases), before.ETag);
            }
        }
    }

    /// <summary>Stores a change; false when somebody else changed the repository first.</summary>
    internal async Task<bool> SaveAsync(StoredRepository seen, RepositoryState changed, CancellationToken cancellationToken)
    {
        var head = JsonRow.Write(Partition, MetadataHead.Row, changed.Head);
        var actions = new List<TableTransactionAction>
        {
            seen.ETag is { } etag
                ? new(TableTransactionActionType.UpdateReplace, head, etag)
                : new(TableTransactionActionType.Add, head),
        };
        var rows = changed.Releases.Except(seen.State.Releases).Select(target => new TableTransactionAction(
            TableTransactionActionType.UpsertReplace, JsonRow.Write(Partition, RowOf(target), target))).ToList();
        for (; seen.ETag is null && rows.Count > MaxRows; rows.RemoveRange(0, MaxRows))
        {
            // A transaction has 100 rows at most. Without a head, rows mean nothing yet.
            await _table.SubmitTransactionAsync(rows.Take(MaxRows), cancellationToken).ConfigureAwait(false);
        }

        actions.AddRange(rows);
        var kept = changed.Releases.Select(RowOf).ToHashSet();
        actions.AddRange(seen.State.Releases.Select(RowOf).Where(row => seen.ETag is not null && !kept.Contains(row)).Select(row =>
            new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(Partition, row), ETag.All)));
        try
        {
            await _table.SubmitTransactionAsync(actions, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 404 or 409 or 412)
        {
            return false;
        }
    }

    private static string RowOf(ReleaseTarget target) => $"{ReleasePrefix}{new RunKey(target.Release.Model, target.Release.Version)}";
}
