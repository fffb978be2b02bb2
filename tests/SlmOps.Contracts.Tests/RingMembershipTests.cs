namespace SlmOps.Contracts.Tests;

public sealed class RingMembershipTests
{
    private static readonly Dictionary<string, string> NoLabels = [];

    // int.from_bytes(hashlib.sha256(salt + b'\0' + id).digest()[:8], 'big') >> 11, over 2**53, in Python.
    [Theory]
    [InlineData("", "device-1", 0.9485599547852094)]
    [InlineData("salt", "device-1", 0.6538801733915092)]
    [InlineData("0123456789abcdef", "pi-kitchen", 0.939891256365616)]
    [InlineData("é", "s", 0.4721325580438209)]
    [InlineData("a", "d-1", 0.7248005274167907)]
    public void Unit_KnownIds_GiveIndependentlyComputedValues(string salt, string id, double expected) =>
        Assert.Equal(expected, RingMembership.Unit(salt, id));

    [Fact]
    public void Unit_SaltAndIdWithTheSameJoinedText_Differ() =>
        Assert.NotEqual(RingMembership.Unit("ab", "c"), RingMembership.Unit("a", "bc"));

    [Fact]
    public void Unit_TenThousandIds_AreUniform()
    {
        var buckets = new int[20];
        foreach (var id in Ids(10_000))
        {
            var unit = RingMembership.Unit("rollout-7", id);
            Assert.InRange(unit, 0, 1 - double.Epsilon);
            buckets[(int)(unit * buckets.Length)]++;
        }

        // Chi-square with 19 degrees of freedom: 43.8 is exceeded once in a thousand tries; the ids are fixed.
        var chiSquare = buckets.Sum(count => Math.Pow(count - 500, 2) / 500);
        Assert.InRange(chiSquare, 0, 43.8);
    }

    [Fact]
    public void Unit_OtherSalt_ShufflesTheOrder()
    {
        var first = Ids(1000).OrderBy(id => RingMembership.Unit("one", id)).Take(100);
        var second = Ids(1000).OrderBy(id => RingMembership.Unit("two", id)).Take(100);

        // Two independent tenths share about 10 of 100.
        Assert.InRange(first.Intersect(second).Count(), 1, 30);
    }

    [Fact]
    public void Admits_RaisedFraction_OnlyAddsDevices()
    {
        var before = new HashSet<string>();
        for (var percent = 0; percent <= 100; percent += 5)
        {
            var ring = new Ring("r", percent / 100.0, NoLabels);
            var now = Ids(2000).Where(id => RingMembership.Admits(ring, "salt", id, NoLabels)).ToHashSet();
            Assert.Subset(now, before);
            Assert.InRange(now.Count, (percent * 20) - 100, (percent * 20) + 100);
            before = now;
        }

        Assert.Equal(2000, before.Count);
    }

    [Fact]
    public void Admits_FractionZeroAndOne_TakeNobodyAndEverybody()
    {
        Assert.DoesNotContain(Ids(1000), id => RingMembership.Admits(new("none", 0, NoLabels), "s", id, NoLabels));
        Assert.All(Ids(1000), id => Assert.True(RingMembership.Admits(new("all", 1, NoLabels), "s", id, NoLabels)));
        Assert.False(RingMembership.Admits(new("nan", double.NaN, NoLabels), "s", "d", NoLabels));
        Assert.False(RingMembership.Admits(new("negative", -1, NoLabels), "s", "d", NoLabels));
    }

    [Fact]
    public void Admits_Selector_NeedsEveryLabel()
    {
        var ring = new Ring("lab", 1, new Dictionary<string, string> { ["site"] = "lab", ["hw"] = "pi5" });

        Assert.True(Takes(new() { ["site"] = "lab", ["hw"] = "pi5", ["more"] = "x" }));
        Assert.False(Takes(new() { ["site"] = "lab" }));
        Assert.False(Takes(new() { ["site"] = "lab", ["hw"] = "pi4" }));
        Assert.False(Takes(new() { ["site"] = "Lab", ["hw"] = "pi5" }));
        Assert.False(Takes([]));

        bool Takes(Dictionary<string, string> labels) => RingMembership.Admits(ring, "s", "d", labels);
    }

    [Fact]
    public void Find_GivesTheFirstRingThatTakesTheDevice()
    {
        // salt/device-1 is at 0.6538801733915092.
        var lab = new Ring("lab", 1, new Dictionary<string, string> { ["site"] = "lab" });
        Ring[] rings = [lab, new("canary", 0.65, NoLabels), new("early", 0.66, NoLabels), new("all", 1, NoLabels)];

        Assert.Equal(2, RingMembership.Find(rings, "salt", "device-1", NoLabels));
        Assert.Equal(0, RingMembership.Find(rings, "salt", "device-1", lab.Selector));
        Assert.Equal(-1, RingMembership.Find([.. rings.Take(2)], "salt", "device-1", NoLabels));
        Assert.Equal(-1, RingMembership.Find([], "salt", "device-1", NoLabels));
    }

    private static IEnumerable<string> Ids(int count) => Enumerable.Range(0, count).Select(number => $"device-{number}");
}
