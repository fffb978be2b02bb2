using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;

namespace SlmOps.Pipeline.Rollout;

/// <summary>Where the devices of one ring stand.</summary>
internal sealed record RingHealth(IReadOnlyList<DeviceStanding> Devices)
{
    private const int MostNames = 5;

    internal static RingHealth Of(RolloutRecord rollout, RingRecord ring, IEnumerable<DeviceRecord> devices, ServiceClock clock) =>
        new([.. devices.Select(device => DeviceStanding.Of(rollout, ring, device, clock))]);

    internal int Total => Devices.Count;

    /// <summary>Devices that may still give evidence.</summary>
    internal int Living => Total - Count(Standing.Offline) - Count(Standing.Incompatible);

    internal int Count(Standing standing) => Devices.Count(device => device.Standing == standing);

    /// <summary>How many devices stand so, and which: what a person must know.</summary>
    internal string Names(params IReadOnlyList<Standing> standings)
    {
        var found = Devices.Where(device => standings.Contains(device.Standing)).Select(device => device.Note).ToList();
        return string.Join("; ", found.Take(MostNames)) + (found.Count > MostNames ? $"; and {found.Count - MostNames} more" : "");
    }
}
