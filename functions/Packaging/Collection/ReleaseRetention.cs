using SlmOps.Contracts;

namespace SlmOps.Packaging.Collection;

/// <summary>A release as retention sees it.</summary>
/// <param name="Release">The release.</param>
/// <param name="ReleasedAt">When it was released.</param>
public sealed record RetainedRelease(ReleaseRef Release, DateTimeOffset ReleasedAt);

/// <summary>Which releases must stay. Pure.</summary>
public static class ReleaseRetention
{
    /// <summary>
    /// Keeps what a channel names, what a device runs or may fall back to, and the newest of each model. A device that
    /// has not reported for long still counts with its last report.
    /// </summary>
    /// <param name="all">All releases.</param>
    /// <param name="inChannels">Index digests that channel documents name as stable or candidate.</param>
    /// <param name="onDevices">Index digests that devices run or hold in their other slot.</param>
    /// <param name="newest">How many of each model to keep beside those, at least 1.</param>
    public static IReadOnlyList<ReleaseRef> Keep(
        IEnumerable<RetainedRelease> all, IReadOnlySet<Digest> inChannels, IReadOnlySet<Digest> onDevices, int newest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(newest, 1);
        return
        [
            .. all
                .GroupBy(one => one.Release.Model)
                .SelectMany(model => model
                    .OrderByDescending(one => one.ReleasedAt)
                    .Select((one, index) => (one.Release, Keep: index < newest)))
                .Where(one => one.Keep || inChannels.Contains(one.Release.Digest) || onDevices.Contains(one.Release.Digest))
                .Select(one => one.Release),
        ];
    }
}
