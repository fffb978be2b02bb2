using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Collect;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Tests.Collect;

public sealed class RetentionTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IReadOnlyList<ServedRelease> s_all = [.. Enumerable.Range(1, 6).Select(Release)];

    [Fact]
    public void Keep_NothingServed_KeepsTheNewest() => Assert.Equal(["6", "5"], Keep([], [], [], newest: 2));

    [Fact]
    public void Keep_ChannelsAndRollouts_KeepWhatTheyRunAndWouldGoBackTo()
    {
        var channel = new ChannelRecord("line", 3, s_all[2].Release, "m@2", [], s_now);
        var rollout = new RolloutRecord(
            "m@2",
            "line",
            s_all[1].Release,
            s_all[1].Manifests,
            s_all[0].Release,
            "salt",
            RolloutState.Running,
            0,
            [],
            0,
            0,
            null,
            null,
            s_now,
            null,
            null);

        Assert.Equal(["6", "3", "2", "1"], Keep([channel], [rollout], [], newest: 1));
    }

    [Fact]
    public void Keep_Devices_KeepWhatTheyInstallAndWhatTheyRun()
    {
        var status = new DeploymentStatus(
            null, null, s_all[3].Release.Digest, "m", "4", "int4", s_all[3].Manifests[0], 1, DeviceState.Downloading, null, false,
            s_all[1].Manifests[1], null, null, null);

        Assert.Equal(
            ["6", "4", "2"],
            Keep([], [], [new("one", "line", null, status, s_now, 1, s_now), new("new", "line", null, null, null, 0, s_now)], newest: 1));
    }

    [Fact]
    public void Make_CollectedReleases_AreNeitherKeptNorDroppedAndOnlyMissedWhereAChannelNeedsThem()
    {
        HashSet<Digest> collected = [s_all[0].Release.Digest, s_all[1].Release.Digest];
        var channel = new ChannelRecord("line", 3, s_all[5].Release, null, [], s_now);

        var plan = Retention.Make(s_all, digest => !collected.Contains(digest), [channel], [], [], newest: 3);
        var lost = Retention.Make(
            s_all,
            digest => !collected.Contains(digest),
            [channel with { Stable = s_all[1].Release }],
            [],
            [],
            newest: 6);

        Assert.Equal(["6", "5", "4"], plan.Keep.Select(release => release.Version));
        Assert.Equal(["3"], plan.Drop.Select(release => release.Version));
        Assert.Empty(plan.Lost);
        Assert.Equal(["6", "5", "4", "3"], lost.Keep.Select(release => release.Version));
        Assert.Equal([s_all[1].Release.Digest], lost.Lost);
    }

    private static IEnumerable<string> Keep(
        IEnumerable<ChannelRecord> channels, IEnumerable<RolloutRecord> rollouts, IEnumerable<DeviceRecord> devices, int newest) =>
        Retention.Make(s_all, _ => true, channels, rollouts, devices, newest).Keep.Select(release => release.Version);

    private static ServedRelease Release(int version) => new(
        new("m", $"{version}", Digest.Of([(byte)version]), 1, Digest.Of([(byte)version, 1])),
        s_now.AddDays(version),
        [Digest.Of([(byte)version, 2]), Digest.Of([(byte)version, 3])],
        []);
}
