using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Release;

[Collection(StageCollection.Name)]
public sealed class ReleaseStageTests(StageStorage storage)
{
    [Fact]
    public async Task Run_PackagedVariants_AreOneSignedReleaseThatIsAnnounced()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("release", Models.Mlp("release-one", "1", 61, "int8"));

        await bench.RunAsync("release");

        var released = await bench.ResultAsync<ReleaseResult>(run, ReleaseResult.Row);
        Assert.Equal<(ChannelName, long)>(("release-one", 1L), (released.Channel, released.Sequence));
        Assert.Equal(
            new ModelReleased(released.Release, "release-one", "release-one@1"),
            bench.Sent<ModelReleased>(EventTypes.ModelReleased));
    }

    [Fact]
    public async Task Run_DeltasWereGivenUp_ReleasesWithoutThem()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("deltas", Models.Mlp("release-plain", "1", 62, "int8"));
        await bench.PoisonAsync("deltas", Assert.Single(await bench.TakeAsync("deltas")));

        await bench.RunAsync("release");

        Assert.Equal("1", (await bench.ResultAsync<ReleaseResult>(run, ReleaseResult.Row)).Release.Version);
    }

    [Fact]
    public async Task Run_NothingIsPackaged_FailsAndReleasesNothing()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("package", Models.Mlp("release-early", "1", 63, "int8"));

        await Assert.ThrowsAsync<InvalidDataException>(() => bench.RunAsync("release", """{"schema":1,"runId":"release-early@1"}"""));

        Assert.DoesNotContain(await bench.RowsAsync(run), row => row.Row == ReleaseResult.Row);
        Assert.Empty(bench.Wire.Events);
    }
}
