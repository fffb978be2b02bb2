using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Rollout;

/// <summary>Devices of one ring, counted by what became of the release on them.</summary>
internal sealed record RingHealth(int Committed, int Failed, int Waiting, int Offline, int Incompatible, string? FirstFailure)
{
    /// <summary>The first device that tries again, and why: a cause that is not the release's.</summary>
    internal string? FirstTrouble { get; init; }

    internal int Total => Committed + Failed + Waiting + Offline + Incompatible;
}

/// <summary>The gate's verdict on a ring.</summary>
internal sealed record GateVerdict(GateOutcome Outcome, string Reason);

/// <summary>Too little data is never a pass.</summary>
internal enum GateOutcome
{
    Wait,
    Pass,
    Fail,
    NoData,
}

/// <summary>Device states to a verdict on a ring. Pure.</summary>
internal static class RingGate
{
    /// <summary>An agent says something every five minutes; one that missed three is offline.</summary>
    internal static readonly TimeSpan OfflineAfter = TimeSpan.FromMinutes(15);

    internal static RingHealth Count(RolloutRecord rollout, IEnumerable<DeviceRecord> ring, DateTimeOffset now)
    {
        var (committed, failed, waiting, offline, incompatible) = (0, 0, 0, 0, 0);
        string? firstFailure = null;
        string? firstTrouble = null;
        var opened = rollout.Rings[rollout.CurrentRing].StartedAt ?? now;
        var due = now - opened > TimeSpan.FromSeconds(rollout.DeadlineSeconds);
        foreach (var device in ring)
        {
            var status = device.Deployment?.Release == rollout.Release.Digest ? device.Deployment : null;
            switch (status?.State)
            {
                case DeviceState.Committed or DeviceState.AlreadyInstalled:
                    committed++;
                    break;
                case DeviceState.Rejected when status.ReasonCode is ReasonCodes.NoVariantFits or ReasonCodes.BelowFloor:
                    incompatible++;
                    break;

                // Whoever sits between one device and the service must not be able to withdraw a release for all.
                case DeviceState.Pending
                    when due && status.ReasonCode?.StartsWith(ReasonCodes.MetadataPrefix, StringComparison.Ordinal) == true:
                    offline++;
                    break;

                // It runs the release; what ended was laying something else over it.
                case DeviceState.Superseded when rollout.Manifests.Contains(status.Active):
                case DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete
                    when !status.Composition.IsEmpty && rollout.Manifests.Contains(status.Active):
                    committed++;
                    break;

                // An adaptation failed there, not the release: the device goes on without it and says how that went.
                case DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete or DeviceState.RollingBack
                    or DeviceState.FailedUnableToRollback when !status.Composition.IsEmpty:
                    waiting++;
                    break;
                case DeviceState.FailedNoStateChange
                or DeviceState.FailedRollbackComplete
                or DeviceState.RollingBack
                or DeviceState.FailedUnableToRollback
                or DeviceState.Rejected when OutcomeTable.Condemns(status.ReasonCode):
                    failed++;
                    firstFailure ??= $"{device.Id}: {status.Reason ?? status.State.ToString()}";
                    break;

                // A bad line or a bad disk says nothing about the release; the device tries again, and has until the deadline.
                case DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete or DeviceState.RollingBack
                    or DeviceState.FailedUnableToRollback or DeviceState.Rejected or DeviceState.DownloadPaused:
                    waiting++;
                    firstTrouble ??= $"{device.Id}: {status.ReasonCode}, {status.Reason}";
                    break;

                // It never began, and has not been heard of: it is no evidence for or against the release. At the deadline
                // that is every device that said nothing since the ring was opened.
                case null when now - device.LastSeen > OfflineAfter || (due && device.LastSeen < opened):
                    offline++;
                    break;
                default:
                    waiting++;
                    break;
            }
        }

        return new(committed, failed, waiting, offline, incompatible, firstFailure) { FirstTrouble = firstTrouble };
    }

    internal static GateVerdict Decide(RingHealth health, TimeSpan open, TimeSpan deadline) => health switch
    {
        { Failed: > 0 } => new(GateOutcome.Fail, $"{health.Failed} of {health.Total} devices failed; {health.FirstFailure}"),

        // Silence after the release was offered is an outcome, not a gap in the data.
        { Waiting: > 0 } when open > deadline => new(GateOutcome.Fail,
            $"{health.Waiting} of {health.Total} devices silent for {deadline.TotalSeconds:0} s{Trouble(health)}"),
        { Waiting: > 0 } => new(GateOutcome.Wait, $"{health.Waiting} of {health.Total} devices at work{Trouble(health)}"),
        { Committed: > 0 } => new(GateOutcome.Pass, $"{health.Committed} of {health.Total} devices committed"),
        { Total: 0 } => new(GateOutcome.Wait, "no device yet"),
        _ when open > deadline => new(GateOutcome.NoData,
            $"no verdict from {health.Total} devices ({health.Offline} offline, {health.Incompatible} incompatible)"),
        _ => new(GateOutcome.Wait, $"{health.Offline} devices offline, {health.Incompatible} incompatible"),
    };

    private static string Trouble(RingHealth health) => health.FirstTrouble is { } trouble ? $"; {trouble}" : "";
}
