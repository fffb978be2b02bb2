using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Tests.Planning;

public sealed class PardonTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CondemnedRelease Bad = One("1", "smoke-failed");
    private static readonly CondemnedRelease Unlucky = One("2", ReasonCodes.TooManyAttempts);

    [Theory]
    [InlineData(23, 2)]
    [InlineData(24, 1)]
    public void Lapsed_WhatTheDeviceDid_IsOverAfterADay(int hours, int left) =>
        Assert.Equal(left, Pardon.Lapsed(Device(), Now.AddHours(hours)).Condemned.Count);

    [Fact]
    public void Lapsed_WhatTheReleaseDid_IsNeverOver() =>
        Assert.Equal([Bad], Pardon.Lapsed(Device(), Now.AddYears(9)).Condemned);

    [Fact]
    public void Renewed_OtherSurroundings_ClearEverythingAndAreRemembered()
    {
        var device = Device() with { Surroundings = "agent 1" };

        Assert.Same(device, Pardon.Renewed(device, "agent 1"));
        var renewed = Pardon.Renewed(device, "agent 2");

        Assert.Empty(renewed.Condemned);
        Assert.Empty(renewed.CondemnedCompositions);
        Assert.Equal("agent 2", renewed.Surroundings);
    }

    [Fact]
    public void Asked_OneRelease_ClearsThatAlone() =>
        Assert.Equal([Bad], Pardon.Asked(Device(), ("tiny", "2")).Condemned);

    [Fact]
    public void Asked_WhatIsNotCondemned_ChangesNothing()
    {
        var device = Device();
        Assert.Same(device, Pardon.Asked(device, ("tiny", "3")));
    }

    [Fact]
    public void Asked_CondemnedByAnOlderAgent_IsKnownByItsIndex()
    {
        var release = new ReleaseRef("tiny", "4", Digest.Of([4]), 1, Digest.Of([5]));
        var device = AgentState.Fresh(0) with { Condemned = [new(release.Digest, default, "smoke-failed", Now)] };

        Assert.Empty(Pardon.Asked(device.Remember(new(release, [])), ("tiny", "4")).Condemned);
    }

    [Fact]
    public void Asked_AFailureThatWaits_WaitsNoLonger()
    {
        var failed = new Deployment(new(new("tiny", "5", Digest.Of([5]), 1, Digest.Of([6])), null, null, 0, null), 3, DeviceState.FailedNoStateChange)
        {
            NotBefore = Now.AddHours(6),
            ReasonCode = "environment",
        };
        var device = AgentState.Fresh(0) with { Deployment = failed };

        Assert.Null(Pardon.Asked(device, ("tiny", "5")).Deployment!.NotBefore);
        Assert.NotNull(Pardon.Asked(device, ("tiny", "6")).Deployment!.NotBefore);
    }

    private static AgentState Device() => AgentState.Fresh(0) with
    {
        Condemned = [Bad, Unlucky],
        CondemnedCompositions = [new(Digest.Of([9]), default, "smoke-failed", Now)],
    };

    private static CondemnedRelease One(string version, string code) =>
        new(Digest.Of([(byte)version[0]]), default, code, Now) { Model = "tiny", Version = version };
}
