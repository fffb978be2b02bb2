using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Collect;

/// <summary>Which releases must stay. Pure.</summary>
internal static class Retention
{
    /// <summary>
    /// Keeps what a channel runs, rolls out or would go back to, what a device runs or installs, and the newest of each
    /// model.
    /// </summary>
    internal static IReadOnlyList<ReleaseRef> Keep(
        IReadOnlyList<ServedRelease> all,
        IEnumerable<ChannelRecord> channels,
        IEnumerable<RolloutRecord> rollouts,
        IEnumerable<DeviceRecord> devices,
        int newest)
    {
        var inChannels = channels.Select(channel => channel.Stable)
            .Concat(rollouts.SelectMany(rollout => new[] { rollout.Release, rollout.Previous }))
            .OfType<ReleaseRef>().Select(release => release.Digest).ToHashSet();
        var onDevices = OnDevices(all, devices);
        return ReleaseRetention.Keep(all.Select(one => new RetainedRelease(one.Release, one.ReleasedAt)), inChannels, onDevices, newest);
    }

    private static HashSet<Digest> OnDevices(IReadOnlyList<ServedRelease> all, IEnumerable<DeviceRecord> devices)
    {
        var releases = all.SelectMany(one => one.Manifests, (one, manifest) => (manifest, one.Release.Digest)).ToLookup(pair => pair.manifest, pair => pair.Digest);
        var found = new HashSet<Digest>();
        foreach (var status in devices.Select(device => device.Deployment).OfType<DeploymentStatus>())
        {
            found.Add(status.Release);
            found.UnionWith(releases[status.Active]);
        }

        return found;
    }
}
