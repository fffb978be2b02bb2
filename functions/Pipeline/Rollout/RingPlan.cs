using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Rollout;

/// <summary>Which share of the fleet a ring opens to. Pure.</summary>
internal static class RingPlan
{
    /// <summary>
    /// The ring's fraction, raised to take the one device that comes next in hash order when the asked fraction takes
    /// none: ten percent of three devices is a canary of one, not of none.
    /// </summary>
    internal static Ring Reach(RolloutRecord rollout, int index, IReadOnlyList<DeviceRecord> fleet)
    {
        var ring = rollout.Rings[index].Ring;
        var earlier = rollout.Rings.Take(index).Select(opened => opened.Ring).ToList();
        var everyone = ring with { Fraction = 1.01 };
        var candidates = fleet
            .Where(device => RingMembership.Admits(everyone, rollout.Salt, device.Id, device.Labels)
                && RingMembership.Find(earlier, rollout.Salt, device.Id, device.Labels) < 0)
            .Select(device => RingMembership.Unit(rollout.Salt, device.Id))
            .ToList();
        return candidates.Count == 0 || candidates.Exists(unit => unit < ring.Fraction) || ring.Fraction == 0
            ? ring
            : ring with { Fraction = Math.BitIncrement(candidates.Min()) };
    }
}
