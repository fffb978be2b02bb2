using SlmOps.Local.Workers;

namespace SlmOps.Local.Tests.Workers;

public sealed class RestartDelayTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    [InlineData(1000, 5)]
    public void After_FailuresInARow_DoublesUpToTheLongest(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RestartDelay.After(failures));
}
