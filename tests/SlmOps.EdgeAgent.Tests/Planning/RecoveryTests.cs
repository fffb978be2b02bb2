using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Tests.Planning;

public sealed class RecoveryTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(DeviceState.SmokeTesting)]
    [InlineData(DeviceState.Activating)]
    [InlineData(DeviceState.Soaking)]
    public void OnStart_ThreeRestartsWithinTenMinutes_AreTooMany(DeviceState state)
    {
        var device = Device(state);
        for (var restart = 0; restart < 3; restart++)
        {
            Assert.False(device.Deployment!.FellTooOften);
            device = Recovery.OnStart(device, Now.AddMinutes(4 * restart));
        }

        Assert.True(device.Deployment!.FellTooOften);
        Assert.Equal((3, 1), (device.Deployment.Restarts, device.Deployment.Attempt));
    }

    [Fact]
    public void OnStart_RestartEachNight_IsCountedAndCostsNothing()
    {
        var device = Device(DeviceState.Soaking);
        for (var night = 0; night < 7; night++)
        {
            device = Recovery.OnStart(device, Now.AddDays(night));
        }

        Assert.False(device.Deployment!.FellTooOften);
        Assert.Equal((7, 1), (device.Deployment.Restarts, device.Deployment.Attempt));
    }

    [Fact]
    public void OnStart_StoppedCleanly_IsNoRestart()
    {
        var device = Device(DeviceState.Soaking);
        for (var stop = 0; stop < 5; stop++)
        {
            device = Recovery.OnStart(device with { StoppedCleanly = true }, Now);
            Assert.False(device.StoppedCleanly);
        }

        Assert.Equal(0, device.Deployment!.Restarts);
    }

    [Fact]
    public void OnStart_DuringADownload_IsCountedButNobodysFault()
    {
        var device = Device(DeviceState.Downloading);
        for (var restart = 0; restart < 5; restart++)
        {
            device = Recovery.OnStart(device, Now);
        }

        Assert.Equal((5, false), (device.Deployment!.Restarts, device.Deployment.FellTooOften));
    }

    [Fact]
    public void OnSteady_ClockThatStartsAnewAtEachBoot_ForgetsWhatFellBefore()
    {
        var device = Device(DeviceState.Soaking);
        for (var boot = 0; boot < 5; boot++)
        {
            device = Recovery.OnSteady(Recovery.OnStart(device, DateTimeOffset.UnixEpoch));
        }

        Assert.False(device.Deployment!.FellTooOften);
    }

    [Theory]
    [InlineData(DeviceState.Committed)]
    [InlineData(DeviceState.FailedNoStateChange)]
    public void OnStart_NothingUnderWay_ChangesNothing(DeviceState state) =>
        Assert.Equal(0, Recovery.OnStart(Device(state), Now).Deployment!.Restarts);

    private static AgentState Device(DeviceState state) => AgentState.Fresh(0) with
    {
        Deployment = new(new(new("tiny", "1", Digest.Of([1]), 1, Digest.Of([2])), "r-1", "all", 60, null), 1, state),
    };
}
