using SlmOps.Contracts;
using SlmOps.Packaging.Collection;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Collect;

/// <summary>Which releases must stay. Pure.</summary>
internal static class Retention
{
    /// <summary>
    /// Keeps what a channel runs, rolls out or would go back to, what a device runs or installs, and the newest of each
    /// model among those that are still stored.
    /// </summary>
    /// <param name="all">All releases there ever were.</param>
    /// <param name="isStored">Whether a release's index is in storage; one that was collected is not.</param>
    /// <param name="channels">All channels.</param>
    /// <param name="rollouts">The latest rollout of each channel.</param>
    /// <param name="devices">All devices.</param>
    /// <param name="newest">How many of each model to keep beside what is in use.</param>
    internal static RetentionPlan Make(
        IReadOnlyList<ServedRelease> all,
        Func<Digest, bool> isStored,
        IEnumerable<ChannelRecord> channels,
        IEnumerable<RolloutRecord> rollouts,
        IEnumerable<DeviceRecord> devices,
        int newest)
    {
        var inChannels = channels.Select(channel => channel.Stable)
            .Concat(rollouts.SelectMany(rollout => new[] { rollout.Release, rollout.Previous }))
            .OfType<ReleaseRef>().Select(release => release.Digest).ToHashSet();
        var onDevices = OnDevices(all, devices);
        var stored = all.Where(one => isStored(one.Release.Digest)).ToList();
        var keep = ReleaseRetention.Keep(
            stored.Select(one => new RetainedRelease(one.Release, one.ReleasedAt)),
            inChannels,
            onDevices,
            newest);
        return new(
            keep,
            [.. stored.Select(one => one.Release).Except(keep)],
            [.. all.Except(stored).Select(one => one.Release.Digest).Where(inChannels.Contains)]);
    }

    private static HashSet<Digest> OnDevices(IReadOnlyList<ServedRelease> all, IEnumerable<DeviceRecord> devices)
    {
        var releases = all.SelectMany(one => one.Manifests, (one, manifest) => (manifest, one.Release.Digest))
            .ToLookup(pair => pair.manifest, pair => pair.Digest);
        var found = new HashSet<Digest>();
        foreach (var status in devices.Select(device => device.Deployment).OfType<DeploymentStatus>())
        {
            found.Add(status.Release);
            found.UnionWith(releases[status.Active]);
        }

        return found;
    }
}

/// <summary>What becomes of the releases.</summary>
/// <param name="Keep">Releases that stay.</param>
/// <param name="Drop">Stored releases that nothing needs.</param>
/// <param name="Lost">Index digests of releases that a channel needs and storage does not hold.</param>
internal sealed record RetentionPlan(IReadOnlyList<ReleaseRef> Keep, IReadOnlyList<ReleaseRef> Drop, IReadOnlyList<Digest> Lost);
