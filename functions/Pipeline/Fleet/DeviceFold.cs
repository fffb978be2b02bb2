using SlmOps.Contracts;
using SlmOps.Pipeline.Presence;

namespace SlmOps.Pipeline.Fleet;

/// <summary>A device's record after one more report. Pure; a report that is not newer changes nothing but when it was heard of.</summary>
internal static class DeviceFold
{
    internal static DeviceRecord Apply(DeviceRecord device, DeviceReport report, DateTimeOffset now)
    {
        var known = Life(device, report.Instance, now);
        return (report.Seq <= known.LastSeq
            ? known
            : Deployed(known, report, now) with
            {
                Inventory = report.Inventory ?? known.Inventory,
                Composition = report.Composition ?? known.Composition,
                Hold = report.Hold,
                Choice = report.Choice ?? known.Choice,
                ClockAhead = report.Time - now,
                LastSeq = report.Seq,
            }) with
        {
            LastSeen = now,
            FirstSeen = known.FirstSeen ?? now,
        };
    }

    /// <summary>The record of a device that is heard of again.</summary>
    /// <param name="device">The record.</param>
    /// <param name="quiet">How long it said nothing, absences of the service taken off.</param>
    /// <param name="now">The time.</param>
    internal static DeviceRecord CameBack(DeviceRecord device, TimeSpan quiet, DateTimeOffset now) =>
        DeviceQuiet.After(device.Quiet, quiet, now) is var known && known == device.Quiet ? device : device with { Quiet = known };

    /// <summary>
    /// Another folder is another life: it begins at no number and with no deployment. When the one before is heard again, two
    /// devices share the id.
    /// </summary>
    private static DeviceRecord Life(DeviceRecord device, string? instance, DateTimeOffset now)
    {
        if (instance is null || instance == device.Instance)
        {
            return device;
        }

        if (device.Instance is null)
        {
            return device with { Instance = instance };
        }

        var fresh = device with
        {
            Deployment = null,
            DeploymentAt = null,
            WordAt = null,
            ProgressAt = null,
            Hold = null,
            Choice = null,
            Composition = null,
            LastSeq = 0,
            FirstSeen = now,
            Instance = instance,
            OtherInstance = device.Instance,
        };
        return instance != device.OtherInstance
            ? fresh
            : fresh with
            {
                ConflictAt = now,
                Conflicts = device.IsInConflict(new(now)) ? device.Conflicts : device.Conflicts + 1,
            };
    }

    private static DeviceRecord Deployed(DeviceRecord device, DeviceReport report, DateTimeOffset now)
    {
        if (report.Deployment is not { } status)
        {
            return device;
        }

        var before = device.Deployment;
        var same = before is not null && before.Release == status.Release && before.RolloutId == status.RolloutId;
        var moved = !same
            || before!.State != status.State || before.Attempt != status.Attempt || before.BytesFetched != status.BytesFetched;
        return device with
        {
            Deployment = status,
            DeploymentAt = report.Time,
            WordAt = now,
            ProgressAt = moved ? now : device.ProgressAt ?? now,
        };
    }
}
