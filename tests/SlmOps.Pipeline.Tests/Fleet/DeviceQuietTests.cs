using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet;

public sealed class DeviceQuietTests
{
    private static readonly DateTimeOffset Now = SampleFleet.Start;

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void After_OrdinaryPause_IsNoSilence(int minutes) => Assert.Null(DeviceQuiet.After(null, TimeSpan.FromMinutes(minutes), Now));

    [Theory]
    [InlineData(60, 30, 1, 60)]
    [InlineData(60, 61, 1, 61)]
    [InlineData(60, 30, 15, 30)]
    [InlineData(60, 5, 15, 60)]
    public void After_OneMoreSilence_KeepsTheLongestOfTwoWeeks(int known, int quiet, int days, int expected)
    {
        var before = new DeviceQuiet(TimeSpan.FromMinutes(known), Now);

        Assert.Equal(TimeSpan.FromMinutes(expected), DeviceQuiet.After(before, TimeSpan.FromMinutes(quiet), Now.AddDays(days))!.Longest);
    }

    [Theory]
    [InlineData(60, 0, 180)]
    [InlineData(600, 0, 1440)]
    [InlineData(60, 14, 180)]
    [InlineData(60, 15, 0)]
    public void PatienceFor_Silence_IsThreeTimesAndADayAtMost(int known, int days, int expected) => Assert.Equal(
        TimeSpan.FromMinutes(expected), DeviceQuiet.PatienceFor(new(TimeSpan.FromMinutes(known), Now), Now.AddDays(days)));

    [Fact]
    public void PatienceFor_DeviceThatAlwaysSpeaks_IsNone() => Assert.Equal(TimeSpan.Zero, DeviceQuiet.PatienceFor(null, Now));
}
