using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Deltas;

[Collection(StageCollection.Name)]
public sealed class DeltaStageTests(StageStorage storage)
{
    [Fact]
    public async Task Run_FirstRelease_HasNoDeltasAndGoesOn()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("deltas", Models.Mlp("deltas-first", "1", 51, "int8"));

        await bench.RunAsync("deltas");

        Assert.Empty((await bench.ResultAsync<DeltaResult>(run, DeltaResult.Row)).Offers);
        Assert.Empty(bench.Wire.Events);
        Assert.Equal(["deltas-first@1"], await bench.WaitingAsync("release"));
    }

    [Fact]
    public async Task Run_SecondRelease_HasDeltasFromTheFirst()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var first = await bench.ArriveAsync("rollout-start", Models.Mlp("deltas-second", "1", 52, "int8"));
        var second = await bench.ArriveAsync("deltas", Models.Mlp("deltas-second", "2", 53, "int8"));

        await bench.RunAsync("deltas");

        var before = (await bench.ResultAsync<PackageResult>(first, PackageResult.Row))
            .Variants.Select(variant => variant.Manifest)
            .ToList();
        var made = await bench.ResultAsync<DeltaResult>(second, DeltaResult.Row);
        Assert.Equal(2, made.Pairs);
        Assert.All(made.Offers, offer => Assert.Contains(offer.From, before));
    }

    [Fact]
    public async Task Run_EarlierReleaseIsGoneFromStorage_LeavesItsDeltasOutAndGoesOn()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var first = await bench.ArriveAsync("rollout-start", Models.Mlp("deltas-gone", "1", 54, "int8"));
        foreach (var variant in (await bench.ResultAsync<PackageResult>(first, PackageResult.Row)).Variants)
        {
            await bench.Blobs.GetBlobContainerClient(Containers.Packages)
                .DeleteBlobAsync(ContainerBlobStore.NameOf(variant.Manifest), cancellationToken: TestContext.Current.CancellationToken);
        }

        var second = await bench.ArriveAsync("deltas", Models.Mlp("deltas-gone", "2", 55, "int8"));
        await bench.RunAsync("deltas");

        Assert.Empty((await bench.ResultAsync<DeltaResult>(second, DeltaResult.Row)).Offers);
        Assert.Equal(["deltas-gone@2"], await bench.WaitingAsync("release"));
    }
}
