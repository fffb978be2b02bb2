using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Tests.State;

public sealed class LifecycleTableTests
{
    /// <summary>Every state, and every event that it takes with where it leads; what is not named is illegal.</summary>
    [Theory]
    [InlineData(
        DeviceState.Pending,
        "Postponed→Pending VariantChosen→Retrieved FoundInstalled→AlreadyInstalled Refused→Rejected Failed→FailedNoStateChange "
            + "Replaced→Superseded"
    )]
    [InlineData(DeviceState.Retrieved, "DownloadStarted→Downloading Failed→FailedNoStateChange Replaced→Superseded")]
    [InlineData(
        DeviceState.Downloading,
        "DownloadStarted→Downloading DownloadInterrupted→DownloadPaused DownloadFinished→Downloaded Refused→Rejected "
            + "Failed→FailedNoStateChange Replaced→Superseded"
    )]
    [InlineData(DeviceState.DownloadPaused, "DownloadStarted→Downloading Failed→FailedNoStateChange Replaced→Superseded")]
    [InlineData(
        DeviceState.Downloaded,
        "DownloadStarted→Downloading VerificationPassed→Verified Refused→Rejected Failed→FailedNoStateChange Replaced→Superseded")]
    [InlineData(DeviceState.Verified, "SlotFilled→Staged Failed→FailedNoStateChange Replaced→Superseded")]
    [InlineData(DeviceState.Staged, "SmokeTestStarted→SmokeTesting Failed→FailedNoStateChange Replaced→Superseded")]
    [InlineData(
        DeviceState.SmokeTesting,
        "SmokeTestStarted→SmokeTesting WindowClosed→WindowWait ActivationStarted→Activating Failed→FailedNoStateChange Replaced→Superseded"
    )]
    [InlineData(DeviceState.WindowWait, "ActivationStarted→Activating Failed→FailedNoStateChange Replaced→Superseded")]
    [InlineData(DeviceState.Activating, "ActivationStarted→Activating SoakStarted→Soaking RollbackStarted→RollingBack")]
    [InlineData(DeviceState.Soaking, "SoakPassed→Committed RollbackStarted→RollingBack")]
    [InlineData(DeviceState.Committed, "RollbackStarted→RollingBack")]
    [InlineData(
        DeviceState.RollingBack,
        "RollbackStarted→RollingBack RollbackFinished→FailedRollbackComplete RollbackImpossible→FailedUnableToRollback")]
    [InlineData(DeviceState.FailedNoStateChange, "")]
    [InlineData(DeviceState.FailedRollbackComplete, "")]
    [InlineData(DeviceState.FailedUnableToRollback, "")]
    [InlineData(DeviceState.Rejected, "")]
    [InlineData(DeviceState.AlreadyInstalled, "")]
    [InlineData(DeviceState.Superseded, "")]
    public void Next_EveryEvent_LeadsWhereTheTableSaysOrIsIllegal(DeviceState state, string legal)
    {
        var expected = legal
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('→'))
            .ToDictionary(pair => pair[0], pair => pair[1]);

        foreach (var happened in Enum.GetValues<DeviceEvent>())
        {
            if (expected.TryGetValue(happened.ToString(), out var next))
            {
                Assert.Equal(next, LifecycleTable.Next(state, happened).ToString());
            }
            else
            {
                var fault = Assert.Throws<IllegalTransitionException>(() => LifecycleTable.Next(state, happened));
                Assert.Contains($"{state} cannot take {happened}", fault.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Next_TestCoversEveryState() =>
        Assert.Equal(
            Enum.GetValues<DeviceState>().Length,
            typeof(LifecycleTableTests)
                .GetMethod(nameof(Next_EveryEvent_LeadsWhereTheTableSaysOrIsIllegal))!
                .GetCustomAttributes(typeof(InlineDataAttribute), false)
                .Length);
}
