using Azure;
using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Fleet;

/// <summary>The fleet: one partition a channel in <c>devices</c>; what devices said in <c>reports</c>, one partition each.</summary>
internal sealed class DeviceStore(TableServiceClient tables, TimeProvider time)
{
    private readonly TableClient _devices = tables.GetTableClient(Tables.Devices);
    private readonly TableClient _reports = tables.GetTableClient(Tables.Reports);

    internal async Task<IReadOnlyList<DeviceRecord>> ListAsync(ChannelName channel, CancellationToken cancellationToken)
    {
        var found = new List<DeviceRecord>();
        var rows = _devices.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {channel.ToString()}"), cancellationToken: cancellationToken);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            found.Add(JsonRow.Read<DeviceRecord>(row));
        }

        return found;
    }

    /// <summary>Highest number of a report that was stored of a device; 0 for a new one.</summary>
    internal async Task<long> LastSeqAsync(ChannelName channel, DeviceId device, CancellationToken cancellationToken) =>
        (await _devices.FindAsync<DeviceRecord>(channel, device, cancellationToken).ConfigureAwait(false))?.Value.LastSeq ?? 0;

    /// <summary>Keeps a report without its inventory, which the device's record has; a repeated one replaces itself.</summary>
    internal Task KeepAsync(DeviceReport report, CancellationToken cancellationToken) =>
        _reports.UpsertEntityAsync(
            JsonRow.Write(report.DeviceId, $"{report.Seq:D19}", report with { Inventory = null }),
            TableUpdateMode.Replace,
            cancellationToken);

    /// <summary>Forgets a device that left its channel or the fleet: no ring waits for it any more.</summary>
    internal Task ForgetAsync(ChannelName channel, DeviceId device, CancellationToken cancellationToken) =>
        _devices.DeleteEntityAsync(channel, device, ETag.All, cancellationToken);

    /// <summary>
    /// Folds reports into the device's record; reports it already knows change nothing but the time it was seen. True when
    /// the device was not known before.
    /// </summary>
    internal async Task<bool> FoldAsync(
        DeviceId device, ChannelName channel, IReadOnlyList<DeviceReport> reports, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await _devices.FindAsync<DeviceRecord>(channel, device, cancellationToken).ConfigureAwait(false);
            var before = seen?.Value ?? new(device, channel, null, null, null, 0, default);
            var after = reports.Aggregate(before, DeviceFold.Apply) with { LastSeen = time.GetUtcNow() };
            var row = JsonRow.Write(channel, device, after);
            try
            {
                await (seen is null
                    ? _devices.AddEntityAsync(row, cancellationToken)
                    : _devices.UpdateEntityAsync(row, seen.ETag, TableUpdateMode.Replace, cancellationToken)).ConfigureAwait(false);
                return seen is null;
            }
            catch (RequestFailedException lost) when (lost.Status is 409 or 412)
            {
                // Another report of the same device was folded meanwhile.
            }
        }
    }
}
