using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;

namespace SlmOps.Pipeline.Rollout;

/// <summary>One device of a ring, and what it says, for people.</summary>
internal sealed record DeviceStanding(Standing Standing, string Note)
{
    private const int MaxReason = 160;

    /// <summary>Where a device stands with a rollout. Pure.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="ring">The device's ring.</param>
    /// <param name="device">The device.</param>
    /// <param name="clock">The time.</param>
    internal static DeviceStanding Of(RolloutRecord rollout, RingRecord ring, DeviceRecord device, ServiceClock clock)
    {
        if (device.IsInConflict(clock))
        {
            return new(Standing.Offline, $"{device.Id} (two agents report under this id)");
        }

        var status = rollout.StatusOf(device);
        if (ClassExclusion.IsExcluded(rollout, device))
        {
            return new(Standing.Incompatible, Describe(device, status, clock));
        }

        var standing = (status?.State) switch
        {
            DeviceState.Committed or DeviceState.AlreadyInstalled => Standing.Committed,
            DeviceState.Rejected when status.ReasonCode is ReasonCodes.NoVariantFits or ReasonCodes.BelowFloor => Standing.Incompatible,

            // It runs the release; what ended was laying something else over it.
            DeviceState.Superseded when rollout.Manifests.Contains(status.Active) => Standing.Committed,
            DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete
                when !status.Composition.IsEmpty && rollout.Manifests.Contains(status.Active) => Standing.Committed,

            // An adaptation failed there, not the release: the device goes on without it and says how that went.
            DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete or DeviceState.RollingBack
                or DeviceState.FailedUnableToRollback when !status.Composition.IsEmpty => Before(rollout, ring, device, status, clock),
            DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete or DeviceState.RollingBack
                or DeviceState.FailedUnableToRollback or DeviceState.Rejected
                when OutcomeTable.Condemns(status.ReasonCode) => Standing.Failed,
            DeviceState.Activating or DeviceState.Soaking or DeviceState.RollingBack =>
                IsSilent(rollout, ring, device, clock) ? Standing.Silent : Standing.Watching,

            // A bad line or a bad disk says nothing about the release; the device tries again.
            _ => Before(rollout, ring, device, status, clock),
        };
        return new(standing, Describe(device, status, clock));
    }

    /// <summary>A device that has not put the release in charge: what gets on is waited for, whatever else is no evidence.</summary>
    private static Standing Before(
        RolloutRecord rollout, RingRecord ring, DeviceRecord device, DeploymentStatus? status, ServiceClock clock)
    {
        var gone = !clock.IsRecent(device.LastSeen);
        var due = IsOver(rollout, clock, Latest(ring.StartedAt, device.FirstSeen, status is null ? null : device.ProgressAt));
        return status is null && (gone || (due && device.LastSeen < ring.StartedAt)) ? Standing.Offline
            : gone || due ? Standing.Behind
            : Standing.AtWork;
    }

    /// <summary>Longer than the deadline, and longer than it is used to be.</summary>
    private static bool IsSilent(RolloutRecord rollout, RingRecord ring, DeviceRecord device, ServiceClock clock)
    {
        var since = Latest(ring.StartedAt, device.FirstSeen, device.WordAt);
        return IsOver(rollout, clock, since) && clock.Elapsed(since) > DeviceQuiet.PatienceFor(device.Quiet, clock.Now);
    }

    private static bool IsOver(RolloutRecord rollout, ServiceClock clock, DateTimeOffset since) =>
        clock.Elapsed(since) > TimeSpan.FromSeconds(rollout.DeadlineSeconds);

    private static DateTimeOffset Latest(params ReadOnlySpan<DateTimeOffset?> times)
    {
        var latest = DateTimeOffset.MinValue;
        foreach (var time in times)
        {
            latest = time > latest ? time.Value : latest;
        }

        return latest;
    }

    private static string Describe(DeviceRecord device, DeploymentStatus? status, ServiceClock clock)
    {
        var heard = clock.Now - device.LastSeen;
        List<string> says =
        [
            status is null ? "has not begun" : JsonNamingPolicy.SnakeCaseUpper.ConvertName(status.State.ToString()),
        ];
        if (status is { BytesFetched: { } fetched, BytesWhole: { } whole, State: DeviceState.Downloading or DeviceState.DownloadPaused })
        {
            says.Add($"{fetched} of {whole} bytes");
        }

        if ((status?.ReasonCode, status?.Reason) is ({ } code, var reason))
        {
            says.Add(reason is null || reason == code ? code : $"{code}: {Short(reason)}");
        }

        if (device.Hold is { } hold)
        {
            says.Add($"{hold.Code}: {Short(hold.Reason)}");
        }

        if (heard > TimeSpan.FromMinutes(1))
        {
            says.Add($"heard of {heard.TotalMinutes:0} min ago");
        }

        if (heard > TimeSpan.FromMinutes(1) && DeviceQuiet.PatienceFor(device.Quiet, clock.Now) > TimeSpan.Zero)
        {
            says.Add($"was silent for {device.Quiet!.Longest.TotalMinutes:0} min before");
        }

        return $"{device.Id} ({string.Join(", ", says)})";
    }

    private static string Short(string text) => text.Length <= MaxReason ? text : string.Concat(text.AsSpan(0, MaxReason), "…");
}
