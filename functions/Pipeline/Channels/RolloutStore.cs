using Azure;
using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Channels;

/// <summary>
/// Channels and rollouts: one partition a channel, so that a rollout's state, the channel's and what is to be sent change
/// together. The channel row's ETag lets one of two writers win; the other decides again.
/// </summary>
internal sealed class RolloutStore(TableServiceClient tables, PresenceStore presence, TimeProvider time)
{
    internal TableClient Table { get; } = tables.GetTableClient(Tables.Rollouts);

    internal Task<Stored<ChannelRecord>?> FindChannelAsync(ChannelName channel, CancellationToken cancellationToken) =>
        Table.FindAsync<ChannelRecord>(channel, ChannelRecord.Row, cancellationToken);

    internal Task<Stored<RolloutRecord>?> FindRolloutAsync(ChannelName channel, string id, CancellationToken cancellationToken) =>
        Table.FindAsync<RolloutRecord>(channel, RolloutRecord.Row(id), cancellationToken);

    /// <summary>The newest rollout of a run's release in a channel; null when there is none.</summary>
    internal async Task<RolloutRecord?> FindNewestAsync(ChannelName channel, string run, CancellationToken cancellationToken)
    {
        RolloutRecord? newest = null;
        for (var number = 1; ; number++)
        {
            var id = number == 1 ? run : $"{run}~{number}";
            if (await FindRolloutAsync(channel, id, cancellationToken).ConfigureAwait(false) is not { } found)
            {
                return newest;
            }

            newest = found.Value;
        }
    }

    /// <summary>Every rollout of a channel, in no certain order.</summary>
    internal async Task<IReadOnlyList<RolloutRecord>> ListRolloutsAsync(ChannelName channel, CancellationToken cancellationToken)
    {
        var rollouts = new List<RolloutRecord>();
        await foreach (var row in Table.WithPrefixAsync(channel, RolloutRecord.Prefix, cancellationToken).ConfigureAwait(false))
        {
            rollouts.Add(JsonRow.Read<RolloutRecord>(row));
        }

        return rollouts;
    }

    internal async Task<IReadOnlyList<ChannelRecord>> ListChannelsAsync(CancellationToken cancellationToken)
    {
        var channels = new List<ChannelRecord>();
        var rows = Table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"RowKey eq {ChannelRecord.Row}"), cancellationToken: cancellationToken);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            channels.Add(JsonRow.Read<ChannelRecord>(row));
        }

        return channels;
    }

    /// <summary>Stores a step; false when somebody else changed the channel first.</summary>
    internal async Task<bool> SaveAsync(
        ETag? seen, ChannelRecord channel, IReadOnlyList<RolloutRecord> rollouts, IReadOnlyList<OutboxEntry> entries,
        CancellationToken cancellationToken, NewAdaptation? overlay = null)
    {
        var partition = channel.Channel;
        var row = JsonRow.Write(partition, ChannelRecord.Row, channel);
        var actions = new List<TableTransactionAction>
        {
            seen is { } etag
                ? new(TableTransactionActionType.UpdateReplace, row, etag)
                : new(TableTransactionActionType.Add, row),
        };
        actions.AddRange(rollouts.Select(rollout => new TableTransactionAction(
            TableTransactionActionType.UpsertReplace, JsonRow.Write(partition, RolloutRecord.Row(rollout.Id), rollout))));
        if (overlay is { } added)
        {
            actions.Add(new(TableTransactionActionType.Add, JsonRow.Write(partition, added.Row, added.Record)));
        }

        actions.AddRange(OutboxRelay.Rows(partition, $"{channel.Version:D12}", entries));
        try
        {
            await Table.SubmitTransactionAsync(actions, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 409 or 412)
        {
            return false;
        }
    }

    /// <summary>The time, and when the service was there.</summary>
    internal Task<ServiceClock> ClockAsync(CancellationToken cancellationToken) => presence.ClockAsync(cancellationToken);

    /// <summary>Writes down that the timer ran.</summary>
    internal Task TickAsync(CancellationToken cancellationToken) => presence.TickAsync(cancellationToken);

    internal DateTimeOffset Now => time.GetUtcNow();
}

/// <summary>The record of an adaptation that comes into the channel with the same step.</summary>
internal sealed record NewAdaptation(string Row, PublishedAdaptation Record);
