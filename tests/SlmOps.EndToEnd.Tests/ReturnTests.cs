using SlmOps.Cli.Agent;
using SlmOps.Cli.Demo;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Api;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Going back further than a device's two slots reach, with a real agent.</summary>
public sealed class ReturnTests(SharedPlatform shared)
{
    private const string Model = "returns";
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rollback_Twice_TheDeviceCommitsTheReissuedRelease()
    {
        using var folder = new Folder();
        await using var fleet = new DemoFleet();
        fleet.Start(
            _platform.Connection,
            Model,
            [new AgentProfile("returns-1", "1GiB", "balanced", "1", new Dictionary<string, string> { ["site"] = "lab" })],
            folder.Path);
        List<RunStatus> runs = [];
        foreach (var version in (string[])["1", "2", "3"])
        {
            var upload = Models.Mlp(Model, version, seed: 600 + version[0], "int8");
            await _platform.UploadAsync(upload);
            runs.Add(await _platform.UntilAsync(upload, RunState.Finished));
        }

        Assert.Equal([1L, 2L, 3L], (await ListedAsync()).Select(one => one.Sequence));

        await _platform.Client.CommandAsync(Model, "rollback", "the third is bad", Cancelled);
        await UntilRunsAsync(runs[1], DeviceState.FailedRollbackComplete);
        await RolledBackAsync("3");
        await _platform.Client.CommandAsync(Model, "rollback", "so is the second", Cancelled);

        // No slot holds the first any more, and the device has committed sequence 3: it takes the first as a new release.
        await UntilRunsAsync(runs[0], DeviceState.Committed);
        await RolledBackAsync("2");
        var listed = await ListedAsync();
        Assert.Equal([("1", 5L), ("2", 4L), ("3", 3L)], listed.Select(one => (one.Release.Version, one.Sequence)));
        Assert.Equal(runs[0].ReleaseDigest, listed[0].Release.Digest);

        var raised = await _platform.Client.SecurityFloorAsync(Model, "1", Cancelled);
        Assert.Contains("below sequence 5", raised.Message, StringComparison.Ordinal);
        Assert.Equal([5L, 5L, 5L], (await ListedAsync()).Select(one => one.SecurityFloor));
    }

    [Fact]
    public async Task SecurityFloor_ReleaseThatIsNone_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<Cli.CliException>(() => _platform.Client.SecurityFloorAsync("nobody", "1", Cancelled));

        Assert.Contains("was not released", refused.Message, StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<ReleaseTarget>> ListedAsync() =>
        [
            .. (await _platform.ListedAsync())
                .Where(one => one.Release.Model == Model)
                .OrderBy(one => one.Release.Version),
        ];

    private Task<IReadOnlyList<DeviceStatus>> UntilRunsAsync(RunStatus run, DeviceState state) => Wait.ForAsync(
        $"the device to run {run.Version}",
        () => _platform.Client.DevicesAsync(Model, Cancelled),
        fleet => fleet is [{ } device] && run.Variants.Any(variant => variant.Digest == device.Active) && device.State == state,
        fleet => string.Join(", ", fleet.Select(device => $"{device.Id} {device.State} {device.Active} {device.Reason}")));

    private Task<RunStatus> RolledBackAsync(string version) =>
        _platform.UntilAsync(Model, version, "ROLLED_BACK", status => status.State == RunState.RolledBack);
}
