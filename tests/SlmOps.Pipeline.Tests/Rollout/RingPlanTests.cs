using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

/// <summary>
/// Places with the salt "salt", computed in Python with hashlib: d1 0.542, d2 0.487, d3 0.639, d4 0.797, d5 0.663, d6 0.524,
/// d7 0.344, d8 0.590, d9 0.333, d10 0.0819, d11 0.239, d12 0.149.
/// </summary>
public sealed class RingPlanTests
{
    private const double D1 = 0.5424154734129575;
    private const double D3 = 0.639267027887029;

    [Theory]
    [InlineData(0.25, "d10", "d1")]
    [InlineData(0.5, "d10", "d1")]
    [InlineData(0.34, "d2,d1", "d1,d2,d3,d4")]
    [InlineData(0.51, "d2,d1,d3", "d1,d2,d3,d4")]
    [InlineData(0.08, "d10", "d1,d2,d3,d4,d5,d6,d7,d8,d9,d10,d11,d12")]
    [InlineData(0.09, "d10,d12", "d1,d2,d3,d4,d5,d6,d7,d8,d9,d10,d11,d12")]
    public void Reach_Share_TakesExactlyItsCeiling(double share, string expected, string devices)
    {
        var fleet = Devices([.. devices.Split(','), .. devices == "d1" ? ["d10"] : Array.Empty<string>()]);

        Assert.Equal(
            expected.Split(',').Order(StringComparer.Ordinal),
            Admitted(Reach(SampleFleet.Rollout(new Ring("canary", share, SampleFleet.NoLabels)), 0, fleet), fleet)
                .Select(id => id.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reach_RetiredDevices_AreNotCounted()
    {
        var fleet = Devices("d10", "d12", "d11").Select(device => device with { LastSeen = SampleFleet.Start.AddDays(-1) })
            .Concat(Devices("d1", "d3")).ToList();

        Assert.Equal(Math.BitIncrement(D1), Reach(SampleFleet.Rollout(), 0, fleet).Fraction);
    }

    [Fact]
    public void Reach_SmallFleet_TakesOne()
    {
        var fleet = Devices("d3", "d1", "d4");

        var ring = Reach(SampleFleet.Rollout(), 0, fleet);

        Assert.Equal(Math.BitIncrement(D1), ring.Fraction);
        Assert.Equal(["d1"], Admitted(ring, fleet));
    }

    [Fact]
    public void Reach_LaterRing_TakesTheNextBeyondTheEarlierOnes()
    {
        var rollout = SampleFleet.Rollout();
        rollout = rollout.WithRing(0, rollout.Rings[0] with { Ring = rollout.Rings[0].Ring with { Fraction = Math.BitIncrement(D1) } });

        var ring = Reach(rollout, 1, Devices("d3", "d1", "d4"));

        Assert.Equal(Math.BitIncrement(D3), ring.Fraction);
    }

    [Fact]
    public void Reach_Selector_LooksAtItsDevicesAlone()
    {
        var lab = new Ring("lab", 0.1, new Dictionary<string, string> { ["site"] = "lab" });
        DeviceRecord[] fleet =
        [
            SampleFleet.Device("d10"),
            SampleFleet.Device("d3") with
            {
                Inventory = SampleFleet.Inventory(("site", "lab")),
            },
        ];

        Assert.Equal(Math.BitIncrement(D3), Reach(SampleFleet.Rollout(lab), 0, fleet).Fraction);
        Assert.Equal(0, Reach(SampleFleet.Rollout(lab), 0, [.. fleet.Take(1)]).Fraction);
    }

    [Fact]
    public void Reach_AfterARingWithAnotherSelector_CountsWhoIsLeft()
    {
        var lab = new Ring("lab", 1, new Dictionary<string, string> { ["site"] = "lab" });
        var rollout = SampleFleet.Rollout(lab, new Ring("canary", 0.1, SampleFleet.NoLabels));
        DeviceRecord[] fleet =
            [SampleFleet.Device("d10") with { Inventory = SampleFleet.Inventory(("site", "lab")) }, .. Devices("d1", "d3")];

        Assert.Equal(Math.BitIncrement(D1), Reach(rollout, 1, fleet).Fraction);
    }

    [Fact]
    public void Reach_NobodyKnown_TakesNobodyYet() => Assert.Equal(0, Reach(SampleFleet.Rollout(), 0, []).Fraction);

    [Fact]
    public void Reach_RingForAll_TakesWhoeverComes() =>
        Assert.Equal(1, Reach(SampleFleet.Rollout(new Ring("all", 1, SampleFleet.NoLabels)), 0, []).Fraction);

    [Fact]
    public void Reach_FractionZero_StaysClosed() =>
        Assert.Equal(0, Reach(SampleFleet.Rollout(new Ring("closed", 0, SampleFleet.NoLabels)), 0, Devices("d1", "d10")).Fraction);

    [Fact]
    public void Reach_AppliedToItsResult_ChangesNothing()
    {
        var fleet = Devices("d3", "d1", "d4");
        var rollout = SampleFleet.Rollout();
        var once = Reach(rollout, 0, fleet);

        Assert.Equal(once, Reach(rollout.WithRing(0, rollout.Rings[0] with { Ring = once, Share = 0.082 }), 0, fleet));
    }

    private static Ring Reach(RolloutRecord rollout, int index, IReadOnlyList<DeviceRecord> fleet) => RingPlan.Reach(
        rollout, index, fleet, new(SampleFleet.Start));

    private static DeviceRecord[] Devices(params string[] ids) => [.. ids.Select(id => SampleFleet.Device(id))];

    private static IEnumerable<DeviceId> Admitted(Ring ring, IEnumerable<DeviceRecord> fleet) => fleet
        .Where(device => RingMembership.Admits(ring, SampleFleet.Salt, device.Id, device.Labels))
        .Select(device => device.Id);
}
