using System.Text.Json;

namespace SlmOps.Contracts.Tests;

public sealed class DeviceStateTests
{
    [Theory]
    [InlineData(DeviceState.Pending, "PENDING")]
    [InlineData(DeviceState.Retrieved, "RETRIEVED")]
    [InlineData(DeviceState.Downloading, "DOWNLOADING")]
    [InlineData(DeviceState.DownloadPaused, "DOWNLOAD_PAUSED")]
    [InlineData(DeviceState.Downloaded, "DOWNLOADED")]
    [InlineData(DeviceState.Verified, "VERIFIED")]
    [InlineData(DeviceState.Staged, "STAGED")]
    [InlineData(DeviceState.SmokeTesting, "SMOKE_TESTING")]
    [InlineData(DeviceState.WindowWait, "WINDOW_WAIT")]
    [InlineData(DeviceState.Activating, "ACTIVATING")]
    [InlineData(DeviceState.Soaking, "SOAKING")]
    [InlineData(DeviceState.Committed, "COMMITTED")]
    [InlineData(DeviceState.RollingBack, "ROLLING_BACK")]
    [InlineData(DeviceState.FailedNoStateChange, "FAILED_NO_STATE_CHANGE")]
    [InlineData(DeviceState.FailedRollbackComplete, "FAILED_ROLLBACK_COMPLETE")]
    [InlineData(DeviceState.FailedUnableToRollback, "FAILED_UNABLE_TO_ROLLBACK")]
    [InlineData(DeviceState.Rejected, "REJECTED")]
    [InlineData(DeviceState.AlreadyInstalled, "ALREADY_INSTALLED")]
    [InlineData(DeviceState.Superseded, "SUPERSEDED")]
    public void Json_State_HasItsWireName(DeviceState state, string wire)
    {
        Assert.Equal($"\"{wire}\"", JsonSerializer.Serialize(state));
        Assert.Equal(state, JsonSerializer.Deserialize<DeviceState>($"\"{wire}\""));
    }

    [Fact]
    public void Json_EveryState_IsInTheTableAbove() => Assert.Equal(19, Enum.GetValues<DeviceState>().Length);

    [Theory]
    [InlineData("\"BROKEN\"")]
    [InlineData("\"\"")]
    [InlineData("\"pending\"")]
    [InlineData("\" PENDING\"")]
    [InlineData("\"5\"")]
    [InlineData("\"-1\"")]
    [InlineData("\"PENDING, RETRIEVED\"")]
    [InlineData("5")]
    [InlineData("99")]
    [InlineData("null")]
    [InlineData("{}")]
    public void Json_AnythingElse_IsRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<DeviceState>(json));
}
