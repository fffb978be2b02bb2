using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>
/// The rest of <see cref="OrdinaryLifeTests"/>, which lasts: a platform that is away for longer than the deadline, and restarts
/// while a release is watched.
/// </summary>
public sealed class LongOrdinaryLifeTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Platform_AwayForLongerThanTheDeadlineWhileDevicesWatchARelease_WithdrawsNothing()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await platform.StartFunctionsAsync();
        using var folder = new Folder();
        await using var line = await SlowLine.StartAsync(platform);
        await using var watches = new RealDevice(platform, "away-1", "away", folder).Start();
        await using var downloads = new RealDevice(platform, "away-2", "away", folder) { Url = line.Url }.Start();
        await KnownAsync(platform, "away", 2);
        var upload = OrdinaryLifeTests.Release("away", "1", soak: 40);
        await platform.UploadAsync(upload);
        await line.File.WaitAsync(Cancelled);
        await platform.UntilAsync("away", "1", "watched", Is("away-1", DeviceState.Soaking));

        await platform.StopFunctionsAsync();
        await Hour.PassesForRingAsync(platform, "away", "away@1");
        await Hour.PassesForDevicesAsync(platform, "away");
        await Hour.PassesForServiceAsync(platform);
        await platform.StartFunctionsAsync();
        await line.FreeAsync();
        var status = await platform.UntilAsync(upload, RunState.Finished);

        Assert.StartsWith("2 of 2 devices committed", status.Rollout!.Rings[0].Reason, StringComparison.Ordinal);
        Assert.Empty((await platform.Client.ChannelsAsync(Cancelled)).Single().Withdrawn);
    }

    [Fact(Explicit = true)]
    public async Task Agent_StoppedCleanlyThreeTimesWhileItWatchesARelease_CommitsAtItsFirstTry()
    {
        await using var platform = await Platform.StartAsync();
        using var folder = new Folder();
        await using var device = new RealDevice(platform, "nightly-1", "nightly", folder).Start();
        await KnownAsync(platform, "nightly", 1);
        var upload = OrdinaryLifeTests.Release("nightly", "1", soak: 40);
        await platform.UploadAsync(upload);
        var seen = (await platform.UntilAsync("nightly", "1", "watched", Is("nightly-1", DeviceState.Soaking))).Devices[0].LastSeen;

        for (var restart = 0; restart < 3; restart++)
        {
            await device.StopAsync();
            device.Start();
            var last = seen;
            seen = (await platform.UntilAsync(
                "nightly", "1", "heard of again", status => status.Devices is [{ State: DeviceState.Soaking } one] && one.LastSeen > last))
                .Devices[0].LastSeen;
        }

        var status = await platform.UntilAsync(upload, RunState.Finished);

        Assert.Equal(DeviceState.Committed, Assert.Single(status.Devices).State);
        var told = await ToldAsync(platform, "nightly-1");
        Assert.Contains(told, said => said.State == DeviceState.Committed);
        Assert.All(told, said => Assert.Equal((1, 0), (said.Attempt, said.Restarts ?? 0)));
        Assert.Empty((await platform.Client.ChannelsAsync(Cancelled)).Single().Withdrawn);
    }

    /// <summary>Everything that a device reported about what it was to run.</summary>
    private static async Task<IReadOnlyList<DeploymentStatus>> ToldAsync(Platform platform, DeviceId device)
    {
        List<DeploymentStatus> told = [];
        var rows = platform.Tables.GetTableClient(Tables.Reports).QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {device.ToString()}"), cancellationToken: Cancelled);
        await foreach (var row in rows)
        {
            if (JsonRow.Read<DeviceReport>(row).Deployment is { } status)
            {
                told.Add(status);
            }
        }

        return told;
    }

    private static Predicate<RunStatus> Is(DeviceId device, DeviceState state) =>
        status => status.Devices.Any(one => one.Id == device && one.State == state);

    private static Task<IReadOnlyList<DeviceStatus>> KnownAsync(Platform platform, ChannelName channel, int devices) => Wait.ForAsync(
        $"{devices} devices in {channel}",
        () => platform.Client.DevicesAsync(channel, Cancelled),
        fleet => fleet.Count == devices,
        fleet => string.Join(", ", fleet.Select(device => device.Id)));
}
