using System.Text;
using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;

namespace SlmOps.Pipeline.Tests.Channels;

public sealed class AdaptationPlanTests
{
    [Fact]
    public void Add_First_IsTheOnlyOne() => Assert.Equal(["a 1"], Names(Add([], Overlay("a", "1"))));

    [Fact]
    public void Add_Newer_GoesBeforeTheOlder() => Assert.Equal(["a 2", "a 1"], Names(Add([Overlay("a", "1")], Overlay("a", "2"))));

    [Fact]
    public void Add_MoreVersionsThanAreKept_TheOldestGoes() => Assert.Equal(
        ["a 4", "a 3", "a 2", "b 1"],
        Names(Add([Overlay("a", "3"), Overlay("a", "2"), Overlay("a", "1"), Overlay("b", "1")], Overlay("a", "4"))));

    [Fact]
    public void Add_SameVersionAgain_TakesItsPlace() =>
        Assert.Equal(["a 1", "b 1"], Names(Add([Overlay("b", "1"), Overlay("a", "1")], Overlay("a", "1"))));

    [Fact]
    public void Add_MoreLabels_GoBeforeFewer()
    {
        var all = Add(Add([], Overlay("narrow", "1", 2)), Overlay("wide", "1", 0));

        Assert.Equal(["narrow 1", "middle 1", "wide 1"], Names(Add(all, Overlay("middle", "1", 1))));
    }

    [Fact]
    public void Add_ChannelIsFull_IsRefusedWithTheLimit()
    {
        var full = Enumerable.Range(0, ChannelOverlay.MaxInChannel).Select(number => Overlay($"o{number}", "1")).ToList();

        var (overlays, refusal) = AdaptationPlan.Add(full, Overlay("a", "1"));

        Assert.Null(overlays);
        Assert.Contains("32", refusal, StringComparison.Ordinal);
        Assert.NotNull(AdaptationPlan.Add(full, Overlay("o0", "1")).Overlays);
    }

    [Fact]
    public void Add_TooManyCompositions_IsRefused()
    {
        ChannelOverlay Large(string name) =>
            Overlay(name, "1") with
            {
                Compositions =
                [
                    .. Enumerable
                        .Range(0, 60)
                        .Select(number => new OverlayComposition(
                            Digest.Of(BitConverter.GetBytes(number)),
                            Digest.Of([]),
                            Digest.Of([]),
                            1)),
                ],
            };

        Assert.Contains(
            "300 compositions",
            AdaptationPlan.Add([Large("a"), Large("b"), Large("c"), Large("d")], Large("e")).Refusal,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", null, "b 1")]
    [InlineData("a", "2", "a 1,b 1")]
    [InlineData("a", "9", "a 2,a 1,b 1")]
    [InlineData("c", null, "a 2,a 1,b 1")]
    public void Withdraw_NameAndVersion_LeavesTheOthers(string name, string? version, string left) => Assert.Equal(
        left.Split(','),
        Names(AdaptationPlan.Withdraw(
            [Overlay("a", "2"), Overlay("a", "1"), Overlay("b", "1")], name, version is null ? default(ModelVersion?) : version)));

    private static IReadOnlyList<ChannelOverlay> Add(IReadOnlyList<ChannelOverlay> now, ChannelOverlay overlay)
    {
        var (overlays, refusal) = AdaptationPlan.Add(now, overlay);
        Assert.Null(refusal);
        return overlays!;
    }

    private static IEnumerable<string> Names(IReadOnlyList<ChannelOverlay> overlays) =>
        overlays.Select(overlay => $"{overlay.Name} {overlay.Version}");

    private static ChannelOverlay Overlay(string name, string version, int labels = 1) => new(
        name, version, Enumerable.Range(0, labels).ToDictionary(number => $"l{number}", _ => "v"), 60, false,
        [new(Digest.Of("base"u8), Digest.Of(Encoding.UTF8.GetBytes(name + version)), Digest.Of("e"u8), 9)]);
}
