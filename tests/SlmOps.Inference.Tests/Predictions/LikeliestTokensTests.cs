using SlmOps.Inference.Predictions;

namespace SlmOps.Inference.Tests.Predictions;

public sealed class LikeliestTokensTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(999)]
    public void Threshold_ManyWeights_LetsTheLargestThroughAndNotTooMany(int most)
    {
        var random = new Random(most);
        double[] weights = [.. Enumerable.Range(0, 1000).Select(_ => Math.Exp(-20 * random.NextDouble()))];

        var least = LikeliestTokens.Threshold(weights, most);

        var kept = weights.Where(weight => weight >= least).ToList();
        var left = weights.Where(weight => weight < least).ToList();
        Assert.InRange(kept.Count, 1, most == 1 ? 1000 : most);
        Assert.True(left.Count == 0 || kept.Count == 0 || kept.Min() >= left.Max());
    }

    [Fact]
    public void Threshold_AllTheSame_StillNamesThem() => Assert.InRange(LikeliestTokens.Threshold([1, 1, 1, 1], 2), 0.5, 1);
}
