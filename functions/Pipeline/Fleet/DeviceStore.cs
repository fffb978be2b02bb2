using Azure;
using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Fleet;

/// <summary>The fleet: one partition a channel in <c>devices</c>; what devices said in <c>reports</c>, one partition each.</summary>
internal sealed class DeviceStore(TableServiceClient tables, PresenceStore presence, TimeProvider time)
{
    /// <summary>Where the devices are, and what is to be told of them.</summary>
    internal TableClient Table { get; } = tables.GetTableClient(Tables.Devices);

    private readonly TableClient _reports = tables.GetTableClient(Tables.Reports);

    internal async Task<IReadOnlyList<DeviceRecord>> ListAsync(ChannelName channel, CancellationToken cancellationToken)
    {
        var found = new List<DeviceRecord>();
        var rows = Table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter(
                $"PartitionKey eq {channel.ToString()} and (RowKey lt {OutboxRelay.Prefix} or RowKey ge {OutboxRelay.End})"),
            cancellationToken: cancellationToken);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            found.Add(JsonRow.Read<DeviceRecord>(row));
        }

        return found;
    }

    /// <summary>Highest number of a report that was stored of a device; 0 for a new one.</summary>
    internal async Task<long> LastSeqAsync(ChannelName channel, DeviceId device, CancellationToken cancellationToken) =>
        (await Table.FindAsync<DeviceRecord>(channel, device, cancellationToken).ConfigureAwait(false))?.Value.LastSeq ?? 0;

    /// <summary>Keeps a report without its inventory, which the device's record has; a repeated one replaces itself.</summary>
    internal Task KeepAsync(DeviceReport report, CancellationToken cancellationToken) =>
        _reports.UpsertEntityAsync(
            JsonRow.Write(report.DeviceId, $"{report.Seq:D19}", report with { Inventory = null }),
            TableUpdateMode.Replace,
            cancellationToken);

    /// <summary>Forgets a device that left its channel or the fleet: no ring waits for it any more.</summary>
    internal Task ForgetAsync(ChannelName channel, DeviceId device, CancellationToken cancellationToken) =>
        Table.DeleteEntityAsync(channel, device, ETag.All, cancellationToken);

    /// <summary>
    /// Folds reports into the device's record; reports it already knows change nothing but the time it was seen. The record before
    /// is null when the device was not known.
    /// </summary>
    internal async Task<(DeviceRecord? Before, DeviceRecord After)> FoldAsync(
        DeviceId device, ChannelName channel, IReadOnlyList<DeviceReport> reports, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await Table.FindAsync<DeviceRecord>(channel, device, cancellationToken).ConfigureAwait(false);
            var before = seen?.Value ?? new(device, channel, null, null, null, 0, default);
            var now = time.GetUtcNow();
            var after = reports.Aggregate(
                DeviceFold.CameBack(before, await QuietAsync(seen?.Value, now, cancellationToken).ConfigureAwait(false), now),
                (device, report) => DeviceFold.Apply(device, report, now));
            var row = JsonRow.Write(channel, device, after);
            try
            {
                await SaveAsync(row, seen?.ETag, after.Conflicts > before.Conflicts ? [Conflict(after)] : [], cancellationToken)
                    .ConfigureAwait(false);
                return (seen?.Value, after);
            }
            catch (RequestFailedException lost) when (lost.Status is 409 or 412)
            {
                // Another report of the same device was folded meanwhile.
            }
        }
    }

    /// <summary>How long a device said nothing while somebody listened. Looked up only where that may have been long.</summary>
    private async Task<TimeSpan> QuietAsync(DeviceRecord? device, DateTimeOffset now, CancellationToken cancellationToken) =>
        device is null || now - device.LastSeen <= DeviceQuiet.Least
            ? TimeSpan.Zero
            : (await presence.ClockAsync(cancellationToken).ConfigureAwait(false)).Elapsed(device.LastSeen);

    private Task SaveAsync(TableEntity row, ETag? seen, IReadOnlyList<OutboxEntry> facts, CancellationToken cancellationToken)
    {
        if (facts.Count == 0)
        {
            return seen is { } etag
                ? Table.UpdateEntityAsync(row, etag, TableUpdateMode.Replace, cancellationToken)
                : Table.AddEntityAsync(row, cancellationToken);
        }

        // Together, so that neither is without the other.
        TableTransactionAction change = seen is { } known
            ? new(TableTransactionActionType.UpdateReplace, row, known)
            : new(TableTransactionActionType.Add, row);
        return Table.SubmitTransactionAsync(
            [change, .. OutboxRelay.Rows(row.PartitionKey, row.RowKey, facts)], cancellationToken);
    }

    private static OutboxEntry Conflict(DeviceRecord device) => OutboxEntry.Fact(
        EventTypes.DeviceConflict, $"devices/{device.Id}", $"{device.Conflicts}/{device.Instance}",
        new DeviceConflict(device.Id, device.Channel, device.Instance!, device.OtherInstance!), device.LastSeen);
}
