using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;

namespace SlmOps.Pipeline.Rollout;

/// <summary>Which share of the fleet a ring opens to. Pure.</summary>
internal static class RingPlan
{
    /// <summary>
    /// The ring with the fraction that takes exactly ⌈asked share × n⌉ of the n living devices that its selector matches and that no
    /// earlier ring with another selector took; earlier rings with the same one are counted in: ten percent of three devices is a canary of one, half of two is one. A ring for everybody stays one;
    /// another takes nobody while nobody lives, and its first devices when they are heard of.
    /// </summary>
    internal static Ring Reach(RolloutRecord rollout, int index, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock)
    {
        var ring = rollout.Rings[index].Ring;
        var others = rollout.Rings.Take(index)
            .Select(earlier => earlier.Ring)
            .Where(earlier => !IsSame(earlier.Selector, ring.Selector))
            .ToList();
        var places = Living(ring, rollout, fleet, clock)
            .Where(device => RingMembership.Find(others, rollout.Salt, device.Id, device.Labels) < 0)
            .Select(device => RingMembership.Unit(rollout.Salt, device.Id))
            .Order()
            .ToList();
        var share = rollout.Rings[index].Share ?? ring.Fraction;
        var taken = (int)Math.Ceiling(share * places.Count);
        return ring with { Fraction = share >= 1 ? share : taken == 0 ? 0 : Math.BitIncrement(places[taken - 1]) };
    }

    /// <summary>The ring opened to the next living device that no ring takes yet; null when there is none.</summary>
    internal static Ring? Widen(RolloutRecord rollout, int index, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock)
    {
        var ring = rollout.Rings[index].Ring;
        var opened = rollout.Rings.Take(index + 1).Select(earlier => earlier.Ring).ToList();
        var places = Living(ring, rollout, fleet, clock)
            .Where(device => RingMembership.Find(opened, rollout.Salt, device.Id, device.Labels) < 0)
            .Select(device => RingMembership.Unit(rollout.Salt, device.Id))
            .ToList();
        return places.Count == 0 ? null : ring with { Fraction = Math.BitIncrement(places.Min()) };
    }

    private static IEnumerable<DeviceRecord> Living(
        Ring ring, RolloutRecord rollout, IReadOnlyList<DeviceRecord> fleet, ServiceClock clock)
    {
        var everyone = ring with { Fraction = 1.01 };
        return fleet.Where(device =>
            clock.IsRecent(device.LastSeen) && !ClassExclusion.IsExcluded(rollout, device)
            && RingMembership.Admits(everyone, rollout.Salt, device.Id, device.Labels));
    }

    private static bool IsSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(label => other.TryGetValue(label.Key, out var value) && value == label.Value);
}
