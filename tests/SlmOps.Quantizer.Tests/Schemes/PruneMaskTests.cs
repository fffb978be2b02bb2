using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Quantizer.Tests.Schemes;

public sealed class PruneMaskTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Threshold_DistinctValues_ZeroesExactlyTheSmallest(double share)
    {
        var values = Weights.Normal(new Random(4), 10_000, 1);
        var wanted = (long)(values.Length * share);
        var histogram = new MagnitudeHistogram();
        histogram.Add(values);
        var below = histogram.FixTop(wanted);
        histogram.Add(values);
        var mask = new PruneMask(histogram.Threshold(wanted - below), false);
        var sorted = values.Select(Math.Abs).Order().ToArray();
        var pruned = (float[])values.Clone();
        Assert.Equal(wanted, mask.Apply(pruned, 100, true));
        Assert.All(pruned.Where(v => v != 0), v => Assert.True(Math.Abs(v) >= sorted[wanted]));
    }

    [Fact]
    public void Threshold_EqualValues_NeverZeroesMoreThanAsked()
    {
        var values = Enumerable.Repeat(0.5f, 100).ToArray();
        var histogram = new MagnitudeHistogram();
        histogram.Add(values);
        var below = histogram.FixTop(50);
        histogram.Add(values);
        Assert.Equal(0, new PruneMask(histogram.Threshold(50 - below), false).Apply(values, 10, true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Apply_TwoOfFour_KeepsTheTwoLargestAlongK(bool transposed)
    {
        const int K = 8;
        const int N = 5;
        var values = Weights.Normal(new Random(6), K * N, 1);
        var pruned = (float[])values.Clone();
        new PruneMask(0, true).Apply(pruned, transposed ? K : N, transposed);
        for (var n = 0; n < N; n++)
        {
            for (var group = 0; group < K; group += 4)
            {
                var places = Enumerable.Range(group, 4).Select(k => transposed ? (n * K) + k : (k * N) + n).ToArray();
                var kept = places.OrderByDescending(p => Math.Abs(values[p])).Take(2).ToHashSet();
                Assert.All(places, p => Assert.Equal(kept.Contains(p) ? values[p] : 0f, pruned[p]));
            }
        }
    }
}
