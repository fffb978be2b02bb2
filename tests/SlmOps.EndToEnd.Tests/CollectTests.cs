using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;
using SlmOps.Pipeline;
using SlmOps.Pipeline.Collect;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Old releases leave storage, and nothing that a device may need does.</summary>
public sealed class CollectTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ThirdRelease_FirstIsNotServedAnyMore_OnlyItsOwnBlobsAreDeleted()
    {
        await using var platform = await Platform.StartAsync();
        await using var device = await SimulatedDevice.StartAsync(platform, "one", "swept");
        foreach (var version in (string[])["1", "2", "3"])
        {
            var upload = Models.Mlp("swept", version, 700 + version[0], "int8");
            await platform.UploadAsync(upload);
            await platform.UntilAsync(upload, RunState.Finished);
        }

        // By the default settings the last three stay.
        var usual = await platform.Client.GarbageAsync(Cancelled);
        Assert.Equal((0, 0, 3), (usual.Blobs, usual.Dropped.Count, usual.Kept.Count));

        var collector = Collector(platform);
        var plan = await collector.PlanAsync(Cancelled);
        Assert.Equal(["swept 1"], plan.Dropped);
        Assert.Equal(["swept 3", "swept 2"], plan.Kept);
        Assert.Null(await collector.DeleteAsync("0123456789abcdef", Cancelled));
        Assert.Equal(
            plan,
            (await collector.PlanAsync(Cancelled)) with
            {
                Kept = plan.Kept,
                Dropped = plan.Dropped,
                Missing = plan.Missing,
            }
        );

        var done = await collector.DeleteAsync(plan.Plan, Cancelled);

        Assert.Equal((plan.Blobs, true), (done!.Deleted, done.Deleted > 0));
        var after = await collector.PlanAsync(Cancelled);
        Assert.Equal((0, 0), (after.Blobs, after.Dropped.Count));
        var store = new ContainerBlobStore(platform.Blobs.GetBlobContainerClient("packages"));
        Assert.True(await VerifiesAsync(platform, store, "2") && await VerifiesAsync(platform, store, "3"));
        Assert.False(await store.ExistsAsync((await ReleaseAsync(platform, "1")).Release.Digest, Cancelled));
    }

    // Three hours ahead: past the shortest grace.
    private static CollectStage Collector(Platform platform)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["SlmOpsStorage"] = platform.Connection.StorageConnectionString,
            ["SlmOpsEvents:topicEndpoint"] = "http://127.0.0.1:1/",
            ["SlmOpsEvents:topicKey"] = "a2V5",
            ["SlmOps:ReleaseKey"] = Key("release"),
            ["SlmOps:DirectorKey"] = Key("director"),
            ["SlmOps:OnlineKey"] = Key("online"),
            ["SlmOps:FleetKey"] = Key("fleet"),
            ["SlmOps:KeepReleases"] = "1",
            ["SlmOps:GarbageGraceHours"] = "2",
        }).Build();
        return new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(new Ahead(TimeSpan.FromHours(3)))
            .AddPipeline(configuration).BuildServiceProvider().GetRequiredService<CollectStage>();

        string Key(string name) => Path.Combine(platform.DataFolder, "keys", $"{name}.pem");
    }

    private static async Task<ReleaseResult> ReleaseAsync(Platform platform, string version) =>
        (
            await new RunStore(platform.Tables, null!, TimeProvider.System).FindAsync<ReleaseResult>(
                new("swept", version),
                ReleaseResult.Row,
                Cancelled))!.Value;

    private static async Task<bool> VerifiesAsync(Platform platform, ContainerBlobStore store, string version)
    {
        var trust = TrustRoots.Load(platform.Connection.TrustFile);
        return (
            await PackageVerifier.VerifyAsync((await ReleaseAsync(platform, version)).Release, store, trust.ReleaseKey, Cancelled)
        ).IsAccepted;
    }

    private sealed class Ahead(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
