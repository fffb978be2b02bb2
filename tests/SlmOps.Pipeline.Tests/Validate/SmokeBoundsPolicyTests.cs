using SlmOps.Contracts;
using SlmOps.Inference.Smoke;
using SlmOps.Pipeline.Validate;

namespace SlmOps.Pipeline.Tests.Validate;

public sealed class SmokeBoundsPolicyTests
{
    [Fact]
    public void Of_FloatModel_IsTighterThanARoundedOne()
    {
        var (plain, rounded) = (Bounds(0, false), Bounds(0, true));

        Assert.True(plain.Whole.MeanDifference < rounded.Whole.MeanDifference / 10);
        Assert.True(plain.Whole.ClearMargin < rounded.Whole.ClearMargin);
    }

    [Fact]
    public void Of_TwinsFarApart_GrowsWithThemUpToALimit()
    {
        var (near, far, farthest) = (Bounds(0.001, true), Bounds(0.06, true), Bounds(100, true));

        Assert.Equal(Bounds(0, true), near);
        Assert.True(far.Whole.MeanDifference > 2 * 0.06);
        Assert.True(farthest.Whole.MeanDifference < 1, "A broken twin must not let everything pass.");
        Assert.True(farthest.Whole.LargestDifference < 10);
    }

    [Fact]
    public void Of_HalfPrecision_ShowsByItsTwins() =>
        Assert.True(Bounds(0.001, false).Whole.MeanDifference > Bounds(0.00001, false).Whole.MeanDifference);

    [Fact]
    public void Of_TwinThatIsNoNumber_StaysWithinTheLimits() => Assert.Null(SmokeRules.Fault(
        new SmokeTest(1, 1, [new("p", [1], [2]) { Forced = Text(0) }]) { Version = 2, Bounds = Bounds(double.NaN, true) }));

    [Fact]
    public void Of_NoTwins_IsTheFloor()
    {
        var bounds = SmokeBoundsPolicy.Of(new RecordedTexts([Text(0)], [], true));
        Assert.Equal(Bounds(0, true), bounds);
        Assert.True(SmokeBoundsPolicy.Of(new RecordedRuns([], 0, false)) < SmokeBoundsPolicy.Of(new RecordedRuns([], 0.04, true)));
    }

    [Fact]
    public void Texts_ManyLongPrompts_AreCutToWhatADeviceCanBear()
    {
        var texts = SmokeTexts.Of([.. Enumerable.Range(0, 64).Select(_ => Enumerable.Range(0, 4000).ToList())]);

        Assert.All(texts, text => Assert.Equal(3999, text.Tokens[^1]));
        Assert.InRange(texts.Sum(text => text.Tokens.Count), 64, 512);
        Assert.InRange(texts[0].Steps, 1, 24);
        Assert.All(texts.Skip(1), text => Assert.Equal(0, text.Steps));
        Assert.Equal(new ForcedText([7, 8], 1).Steps, SmokeTexts.Of([[7, 8]])[0].Steps);
    }

    private static SmokeBounds Bounds(double noise, bool isRounded) =>
        SmokeBoundsPolicy.Of(new RecordedTexts([Text(0)], [[Text(noise)], [Text(noise / 2)]], isRounded));

    private static SmokeText Text(double off)
    {
        var trace = new SmokeTrace([2, 3], [1, 1], [-1 - off, -1 - off]);
        return new([1, 2, 3], trace) { Steps = trace };
    }
}
