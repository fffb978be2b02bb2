namespace SlmOps.Contracts.Tests;

public sealed class SmokeJudgeTests
{
    private static readonly SmokeTrace Expected = new([1, 2, 3], [0.1, 2, 5], [-1, -0.5, -0.1]);
    private static readonly SmokeBound Bound = new(0.5, 0.05, 0.2);

    [Theory]
    [InlineData(1, 2, 3, -1.0, -0.5, -0.1, true)]
    [InlineData(9, 2, 3, -1.1, -0.5, -0.1, true)] // a near-tie may go either way
    [InlineData(1, 9, 3, -1.0, -0.5, -0.1, false)] // a clear one may not
    [InlineData(1, 2, 3, -1.1, -0.6, -0.2, false)] // too much on average
    [InlineData(1, 2, 3, -1.0, -0.5, -0.35, false)] // too much at one place
    [InlineData(1, 2, 3, double.NaN, -0.5, -0.1, false)]
    [InlineData(1, 2, 3, double.NegativeInfinity, -0.5, -0.1, false)]
    public void Compare_Trace_HoldsWithinItsBounds(int first, int second, int third, double a, double b, double c, bool holds)
    {
        var finding = SmokeJudge.Compare([(Expected, new([first, second, third], [1, 1, 1], [a, b, c]))], Bound.ClearMargin);

        Assert.Equal(holds, finding.IsWithin(Bound));
        Assert.Equal((3, double.IsFinite(a) ? 0 : 1), (finding.Positions, finding.NotFinite));
    }

    [Fact]
    public void Compare_ManyTraces_AreOneFinding()
    {
        var off = new SmokeTrace([1, 2, 3], [1, 1, 1], [-1.03, -0.5, -0.1]);

        var finding = SmokeJudge.Compare([(Expected, Expected), (Expected, off)], Bound.ClearMargin);

        Assert.Equal((6, 4, 0, 0), (finding.Positions, finding.Clear, finding.Flipped, finding.NotFinite));
        Assert.Equal(0.005, finding.MeanDifference, 6);
        Assert.Equal(0.03, finding.LargestDifference, 6);
    }

    [Theory]
    [InlineData(new double[] { 3, 4 }, new double[] { 3, 4 }, 0)]
    [InlineData(new double[] { 3, 4 }, new double[] { 3, 9 }, 1)]
    [InlineData(new double[] { 0, 0 }, new double[] { 0, 0.5 }, 0.5)]
    public void RelativeError_Values_IsTheirDistanceOverTheNorm(double[] expected, double[] found, double error) =>
        Assert.Equal(error, SmokeJudge.RelativeError(expected, found), 12);

    [Fact]
    public void RelativeError_NotANumber_IsNoNumber() => Assert.True(double.IsNaN(SmokeJudge.RelativeError([1], [double.NaN])));
}
