using System.Diagnostics;
using System.Text.Json;
using Azure.Storage.Queues;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;

namespace SlmOps.Pipeline.Fleet;

/// <summary>Stores what devices report, and wakes the rollout when a device came to an end.</summary>
internal sealed class TelemetryStage(DeviceStore devices, QueueServiceClient queues, ILogger<TelemetryStage> log)
{
    internal async Task<DeviceReportReceipt> RunAsync(
        string device, IReadOnlyList<DeviceReport> reports, CancellationToken cancellationToken)
    {
        foreach (var report in reports)
        {
            await devices.KeepAsync(report, cancellationToken).ConfigureAwait(false);
            if (!IsRepetition(report) && report.Deployment is { } status)
            {
                using var span = PipelineTelemetry.Source.StartActivity(
                    "device report", ActivityKind.Server, report.Traceparent);
                span?.SetTag("slmops.device", device).SetTag("slmops.state", status.State.ToString());
                Log.DeviceReported(log, device, status.Model, status.Version, status.State, status.Variant ?? "", status.Reason ?? "");
            }
        }

        foreach (var channel in reports.GroupBy(report => report.Channel))
        {
            var isNew = await devices.FoldAsync(device, channel.Key, [.. channel.OrderBy(report => report.Seq)], cancellationToken)
                .ConfigureAwait(false);
            if (isNew || channel.Any(report => !IsRepetition(report) && report.Deployment is { } status && MovesRollout(status.State)))
            {
                var traceparent = channel.LastOrDefault(report => report.Deployment is not null)?.Traceparent ?? Activity.Current?.Id;
                await WakeAsync(channel.Key, traceparent, cancellationToken).ConfigureAwait(false);
            }
        }

        return new(reports.Max(report => report.Seq));
    }

    /// <summary>
    /// A heartbeat says where the device stands, which was mostly said before: it is folded like any report, and the rollout
    /// sees it at its next tick.
    /// </summary>
    private static bool IsRepetition(DeviceReport report) => report is { Inventory: not null, Deployment: not null };

    private static bool MovesRollout(DeviceState state) => state is
        DeviceState.Committed or DeviceState.AlreadyInstalled or DeviceState.Rejected or DeviceState.FailedNoStateChange
        or DeviceState.FailedRollbackComplete or DeviceState.FailedUnableToRollback;

    private async Task WakeAsync(string channel, string? traceparent, CancellationToken cancellationToken)
    {
        var message = new RolloutMessage(StageMessage.CurrentSchema, channel, null, traceparent);
        await queues.GetQueueClient(Queues.Rollouts)
            .SendMessageAsync(JsonSerializer.Serialize(message, ContractsJson.Default.RolloutMessage), cancellationToken)
            .ConfigureAwait(false);
    }
}
