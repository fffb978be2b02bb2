using Azure;
using Azure.Data.Tables;
using Azure.Messaging;
using Azure.Messaging.EventGrid;
using Azure.Storage.Queues;
using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Outbox;

/// <summary>Publishes the newest document of a channel. The outbox knows no channels, but a document may wait in it.</summary>
internal delegate Task PublishChannel(ChannelName channel, CancellationToken cancellationToken);

/// <summary>
/// Sends what is waiting and then forgets it. A crash in between sends it again: receivers are idempotent. The row key
/// <c>outbox|{owner}|{number}</c> keeps the order in which one owner wrote.
/// </summary>
internal sealed class OutboxRelay(
    EventGridPublisherClient events, QueueServiceClient queues, PublishChannel channels, ILogger<OutboxRelay> log)
{
    internal const string Prefix = "outbox|";

    /// <summary>The row key after every one with that prefix.</summary>
    internal const string End = "outbox}";

    internal static IEnumerable<TableTransactionAction> Rows(
        string partition, string owner, IReadOnlyList<OutboxEntry> entries) =>
        entries.Select((entry, number) => new TableTransactionAction(
            TableTransactionActionType.UpsertReplace,
            JsonRow.Write(partition, $"{Prefix}{owner}|{number:D4}", entry)));

    /// <summary>Sends everything that waits in one partition.</summary>
    internal async Task RelayAsync(TableClient table, string partition, CancellationToken cancellationToken)
    {
        await foreach (var row in table.WithPrefixAsync(partition, Prefix, cancellationToken).ConfigureAwait(false))
        {
            await SendAsync(table, row, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends what any partition left behind: the writer died between its transaction and its relay.</summary>
    internal async Task SweepAsync(TableClient table, DateTimeOffset olderThan, CancellationToken cancellationToken)
    {
        var left = table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"RowKey ge {Prefix} and RowKey lt {End}"),
            cancellationToken: cancellationToken);
        await foreach (var row in left.ConfigureAwait(false))
        {
            if (row.Timestamp < olderThan)
            {
                Log.OutboxSwept(log, table.Name, row.PartitionKey, row.RowKey);
                await SendAsync(table, row, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(TableClient table, TableEntity row, CancellationToken cancellationToken)
    {
        var entry = JsonRow.Read<OutboxEntry>(row);
        switch (entry.Kind)
        {
            case OutboxKind.Event:
                var cloudEvent = CloudEvent.Parse(BinaryData.FromString(entry.Body))
                    ?? throw new InvalidDataException($"The outbox row {row.RowKey} holds no event.");
                await events.SendEventAsync(cloudEvent, cancellationToken).ConfigureAwait(false);
                break;
            case OutboxKind.Message:
                await queues.GetQueueClient(entry.Target).SendMessageAsync(entry.Body, cancellationToken)
                    .ConfigureAwait(false);
                break;
            case OutboxKind.Channel:
                await channels(entry.Target, cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw new InvalidDataException($"The outbox row {row.RowKey} has the unknown kind {entry.Kind}.");
        }

        await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken).ConfigureAwait(false);
    }
}
