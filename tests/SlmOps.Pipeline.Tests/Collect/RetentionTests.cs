using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Collect;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Tests.Collect;

public sealed class RetentionTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IReadOnlyList<ServedRelease> All = [.. Enumerable.Range(1, 6).Select(Release)];

    [Fact]
    public void Keep_NothingServed_KeepsTheNewest() => Assert.Equal(["6", "5"], Keep([], [], [], newest: 2));

    [Fact]
    public void Keep_ChannelsAndRollouts_KeepWhatTheyRunAndWouldGoBackTo()
    {
        var channel = new ChannelRecord("line", 3, All[2].Release, "m@2", [], Now);
        var rollout = new RolloutRecord
        {
            Id = "m@2",
            Channel = "line",
            Release = All[1].Release,
            Manifests = All[1].Manifests,
            Previous = All[0].Release,
            Salt = "salt",
            State = RolloutState.Running,
            CurrentRing = 0,
            Rings = [],
            SoakSeconds = 0,
            DeadlineSeconds = 0,
            CreatedAt = Now,
        };

        Assert.Equal(["6", "3", "2", "1"], Keep([channel], [rollout], [], newest: 1));
    }

    [Fact]
    public void Keep_Devices_KeepWhatTheyInstallAndWhatTheyRun()
    {
        var status = new DeploymentStatus
        {
            Release = All[3].Release.Digest,
            Model = "m",
            Version = "4",
            Variant = "int4",
            Manifest = All[3].Manifests[0],
            Attempt = 1,
            State = DeviceState.Downloading,
            Verified = false,
            Active = All[1].Manifests[1],
        };

        Assert.Equal(
            ["6", "4", "2"],
            Keep([], [], [new("one", "line", null, status, Now, 1, Now), new("new", "line", null, null, null, 0, Now)], newest: 1));
    }

    [Fact]
    public void Make_CollectedReleases_AreNeitherKeptNorDroppedAndOnlyMissedWhereAChannelNeedsThem()
    {
        HashSet<Digest> collected = [All[0].Release.Digest, All[1].Release.Digest];
        var channel = new ChannelRecord("line", 3, All[5].Release, null, [], Now);

        var plan = Retention.Make(All, digest => !collected.Contains(digest), [channel], [], [], newest: 3);
        var lost = Retention.Make(
            All,
            digest => !collected.Contains(digest),
            [channel with { Stable = All[1].Release }],
            [],
            [],
            newest: 6);

        Assert.Equal(["6", "5", "4"], plan.Keep.Select(release => release.Version));
        Assert.Equal(["3"], plan.Drop.Select(release => release.Version));
        Assert.Empty(plan.Lost);
        Assert.Equal(["6", "5", "4", "3"], lost.Keep.Select(release => release.Version));
        Assert.Equal([All[1].Release.Digest], lost.Lost);
    }

    private static IEnumerable<ModelVersion> Keep(
        IEnumerable<ChannelRecord> channels, IEnumerable<RolloutRecord> rollouts, IEnumerable<DeviceRecord> devices, int newest) =>
        Retention.Make(All, _ => true, channels, rollouts, devices, newest).Keep.Select(release => release.Version);

    private static ServedRelease Release(int version) => new(
        new("m", $"{version}", Digest.Of([(byte)version]), 1, Digest.Of([(byte)version, 1])),
        Now.AddDays(version),
        [Digest.Of([(byte)version, 2]), Digest.Of([(byte)version, 3])],
        []);
}
