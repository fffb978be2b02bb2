using Azure.Data.Tables;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Presence;

/// <summary>Where it stands when the service was there, beside the rollouts that it matters to.</summary>
internal sealed class PresenceStore(TableServiceClient tables, PipelineOptions options, TimeProvider time)
{
    private readonly TableClient _table = tables.GetTableClient(Tables.Rollouts);

    /// <summary>The time, and when the service was there.</summary>
    internal async Task<ServiceClock> ClockAsync(CancellationToken cancellationToken)
    {
        var presence = await _table.FindAsync<ServicePresence>(ServicePresence.Partition, ServicePresence.Row, cancellationToken)
            .ConfigureAwait(false);
        return new(time.GetUtcNow(), presence?.Value ?? ServicePresence.Never, TimeSpan.FromSeconds(options.TickSeconds));
    }

    /// <summary>Writes down that the timer ran.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        var clock = await ClockAsync(cancellationToken).ConfigureAwait(false);
        await _table.UpsertEntityAsync(
            JsonRow.Write(ServicePresence.Partition, ServicePresence.Row, clock.Presence.Tick(clock.Now, clock.Interval)),
            TableUpdateMode.Replace,
            cancellationToken).ConfigureAwait(false);
    }
}
