using System.Diagnostics;
using System.Text.Json;
using Azure.Storage.Queues;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;

namespace SlmOps.Pipeline.Fleet;

/// <summary>Stores what devices report, and wakes the rollout when a device came to an end.</summary>
internal sealed class TelemetryStage(DeviceStore devices, OutboxRelay outbox, QueueServiceClient queues, ILogger<TelemetryStage> log)
{
    /// <summary>Takes reports that the policy let in: all of one device and one channel.</summary>
    internal async Task<DeviceReportReceipt> RunAsync(
        DeviceId device, ChannelName channel, IReadOnlyList<DeviceReport> reports, CancellationToken cancellationToken)
    {
        foreach (var report in reports.Where(report => !IsRepetition(report)))
        {
            await devices.KeepAsync(report, cancellationToken).ConfigureAwait(false);
            if (report.Deployment is { } status)
            {
                using var span = PipelineTelemetry.Source.StartActivity(
                    "device report", ActivityKind.Server, report.Traceparent);
                span?.SetTag("slmops.device", device.ToString()).SetTag("slmops.state", status.State.ToString());
                Log.DeviceReported(log, device, status.Model, status.Version, status.State, status.Variant ?? "", status.Reason ?? "");
            }
        }

        var (before, after) = await devices.FoldAsync(device, channel, [.. reports.OrderBy(report => report.Seq)], cancellationToken)
            .ConfigureAwait(false);
        var conflict = after.Conflicts > (before?.Conflicts ?? 0);
        if (conflict)
        {
            Log.DeviceConflict(log, device, after.Instance!, after.OtherInstance!);
            await outbox.RelayAsync(devices.Table, channel, cancellationToken).ConfigureAwait(false);
        }

        if (conflict || before is null
            || reports.Any(report => !IsRepetition(report) && report.Deployment is { } status && MovesRollout(status.State)))
        {
            var traceparent = reports.LastOrDefault(report => report.Deployment is not null)?.Traceparent ?? Activity.Current?.Id;
            await WakeAsync(channel, traceparent, cancellationToken).ConfigureAwait(false);
        }

        var accepted = reports.Max(report => report.Seq);
        return new(accepted) { HighestSeq = Math.Max(accepted, after.LastSeq) };
    }

    /// <summary>
    /// A heartbeat says where the device stands, which was mostly said before: it is folded like any report, is not kept, and the
    /// rollout sees it at its next tick.
    /// </summary>
    private static bool IsRepetition(DeviceReport report) => report is { Inventory: not null, Deployment: not null };

    private static bool MovesRollout(DeviceState state) => state is
        DeviceState.Committed or DeviceState.AlreadyInstalled or DeviceState.Rejected or DeviceState.FailedNoStateChange
        or DeviceState.FailedRollbackComplete or DeviceState.FailedUnableToRollback;

    private async Task WakeAsync(ChannelName channel, string? traceparent, CancellationToken cancellationToken)
    {
        var message = new RolloutMessage(StageMessage.CurrentSchema, channel, null, traceparent);
        await queues.GetQueueClient(Queues.Rollouts)
            .SendMessageAsync(JsonSerializer.Serialize(message, ContractsJson.Default.RolloutMessage), cancellationToken)
            .ConfigureAwait(false);
    }
}
