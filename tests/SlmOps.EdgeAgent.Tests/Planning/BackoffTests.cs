using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Planning;

public sealed class BackoffTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 10)]
    [InlineData(3, 40)]
    [InlineData(4, 60)]
    [InlineData(1000, 60)]
    public void Delay_FailuresInARow_DoublesUpToTheCap(int failures, double bound) =>
        Assert.Equal(
            bound / 2,
            Backoff.Delay(failures, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), new ConstantRandom(0.5)).TotalSeconds);

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(30, 30)]
    [InlineData(86400, 600)]
    public void Bounded_RetryAfter_StaysWithinReason(double asked, double taken) =>
        Assert.Equal(taken, Backoff.Bounded(TimeSpan.FromSeconds(asked))!.Value.TotalSeconds);

    [Fact]
    public void Bounded_Nothing_IsNothing() => Assert.Null(Backoff.Bounded(null));
}
