using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Collect;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Collect;

/// <summary>On a storage of its own: what it collects is everybody's.</summary>
public sealed class ArtifactGarbageTests(StageStorage storage) : IClassFixture<StageStorage>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Delete_CancelledRun_ItsUploadAndVariantsGoAndARunningOnesStay()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var gone = await BuiltAsync(bench, "garbage-gone", 581);
        var kept = await BuiltAsync(bench, "garbage-kept", 582);
        await bench.Get<RunCancel>().CancelAsync(gone.Run, Cancelled);
        await using var later = await LaterAsync(25);

        var plan = await later.Get<CollectStage>().PlanAsync(Cancelled);
        await DeleteAsync(later);
        var after = await later.Get<CollectStage>().PlanAsync(Cancelled);

        // Their manifests are the same.
        var alone = gone.Blobs.Except(kept.Blobs).ToList();
        Assert.NotEmpty(alone);
        Assert.InRange(plan.ArtifactBlobs, alone.Count, int.MaxValue);
        Assert.InRange(plan.ArtifactBytes, 1, long.MaxValue);
        Assert.Equal((0, 0), (after.ArtifactBlobs, after.ArtifactBytes));
        Assert.NotEqual(plan.Plan, after.Plan);
        Assert.Equal((0, kept.Blobs.Count), (await CountAsync(bench, alone), await CountAsync(bench, kept.Blobs)));
    }

    [Fact]
    public async Task Plan_CancelledRunWithinTheGrace_NothingGoes()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var young = await BuiltAsync(bench, "garbage-young", 583);
        await bench.Get<RunCancel>().CancelAsync(young.Run, Cancelled);
        await using var later = await LaterAsync(23);

        await DeleteAsync(later);

        Assert.Equal(young.Blobs.Count, await CountAsync(bench, young.Blobs));
    }

    [Fact]
    public async Task Delete_AnotherRunHasTheSameBytes_TheyStay()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var gone = await BuiltAsync(bench, "garbage-twin", 584);
        await BuiltAsync(bench, "garbage-other", 584);
        await bench.Get<RunCancel>().CancelAsync(gone.Run, Cancelled);
        await using var later = await LaterAsync(25);

        await DeleteAsync(later);

        Assert.Equal(gone.Blobs.Count, await CountAsync(bench, gone.Blobs));
    }

    [Fact]
    public async Task Delete_WhatAHostThatDiedWasWriting_Goes()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var staged = bench.Blobs.GetBlobContainerClient(Containers.Artifacts).GetBlockBlobClient("staging/dead/model.onnx.data");
        using (var half = await staged.OpenWriteAsync(overwrite: true, cancellationToken: Cancelled))
        {
            await half.WriteAsync(new byte[5_000_000], Cancelled);
        }

        await using var later = await LaterAsync(25);

        await DeleteAsync(later);

        Assert.False(await staged.ExistsAsync(Cancelled));
    }

    [Fact]
    public async Task TryDelete_BuildFoundItMeanwhile_Stays()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var gone = await BuiltAsync(bench, "garbage-found", 585);
        await bench.Get<RunCancel>().CancelAsync(gone.Run, Cancelled);
        await using var later = await LaterAsync(25);
        var orphans = await later.Get<ArtifactGarbage>().FindAsync(Cancelled);
        var orphan = orphans.First(blob => gone.Blobs.Contains(blob.Name));
        var blob = bench.Blobs.GetBlobContainerClient(Containers.Artifacts).GetBlobClient(orphan.Name);
        await blob.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: Cancelled);

        Assert.False(await later.Get<ArtifactGarbage>().TryDeleteAsync(orphan, Cancelled));

        Assert.True(await blob.ExistsAsync(Cancelled));
    }

    private static async Task DeleteAsync(StageBench bench)
    {
        var artifacts = bench.Get<ArtifactGarbage>();
        foreach (var orphan in await artifacts.FindAsync(Cancelled))
        {
            Assert.True(await artifacts.TryDeleteAsync(orphan, Cancelled));
        }
    }

    private static async Task<(RunKey Run, IReadOnlyList<string> Blobs)> BuiltAsync(StageBench bench, string name, int seed)
    {
        var run = await bench.ArriveAsync("validate", Models.Mlp(name, "1", seed, "int8"));
        var record = await bench.ResultAsync<RunRecord>(run, RunRecord.Row);
        var built = await bench.ResultAsync<QuantizeResult>(run, QuantizeResult.Row("int8"));
        return (run, [.. record.Files.Concat(built.Files).Select(file => ContainerBlobStore.NameOf(file.Digest)).Distinct()]);
    }

    private static async Task<int> CountAsync(StageBench bench, IReadOnlyList<string> names)
    {
        var container = bench.Blobs.GetBlobContainerClient(Containers.Artifacts);
        var found = 0;
        foreach (var name in names)
        {
            found += await container.GetBlobClient(name).ExistsAsync(Cancelled) ? 1 : 0;
        }

        return found;
    }

    private Task<StageBench> LaterAsync(int hours) =>
        StageBench.StartAsync(storage, services => services.AddSingleton<TimeProvider>(new Ahead(TimeSpan.FromHours(hours))));

    private sealed class Ahead(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
