using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Package;

[Collection(StageCollection.Name)]
public sealed class PackageStageTests(StageStorage storage)
{
    [Fact]
    public async Task Run_EveryVariantAccepted_ArePackagedAndGoToDeltas()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("package", Models.Mlp("package-all", "1", 41, "int8"));

        await bench.RunAsync("package");

        var packaged = await bench.ResultAsync<PackageResult>(run, PackageResult.Row);
        Assert.Equal(["fp32", "int8"], packaged.Variants.Select(variant => variant.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            packaged.Variants.ToDictionary(variant => variant.Name, variant => variant.Manifest),
            bench.Sent<ModelPackaged>(EventTypes.ModelPackaged).Variants);
        Assert.Equal(["package-all@1"], await bench.WaitingAsync("deltas"));
    }

    [Fact]
    public async Task Run_OneVariantRefused_TheOthersArePackaged()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("package", Models.Mlp("package-some", "1", 42, "int4")
            .WithManifest(manifest => manifest["acceptance"] = new JsonObject { ["minSqnrDb"] = 100 }));

        await bench.RunAsync("package");

        Assert.Equal("fp32", Assert.Single((await bench.ResultAsync<PackageResult>(run, PackageResult.Row)).Variants).Name);
    }

    [Fact]
    public async Task Run_EveryVariantRefused_RejectsTheModelAndNothingGoesOn()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("validate", Models.Mlp("package-none", "1", 43, "int8"));
        foreach (var message in await bench.TakeAsync("validate"))
        {
            await bench.PoisonAsync("validate", message);
        }

        bench.Wire.Forget();
        await bench.RunAsync("package");

        var rejected = bench.Sent<ModelRejected>(EventTypes.ModelRejected);
        Assert.Equal(("package", 2), (rejected.Stage, rejected.Problems.Count));
        Assert.Empty((await bench.ResultAsync<PackageResult>(run, PackageResult.Row)).Variants);
        Assert.Empty(await bench.WaitingAsync("deltas"));
    }

    [Fact]
    public async Task Run_AVariantHasNoVerdictYet_WaitsForTheNextMessage()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("validate", Models.Mlp("package-early", "1", 44, "int8"));
        await bench.RunAsync("validate", (await bench.TakeAsync("validate"))[0]);
        bench.Wire.Forget();

        var early = Assert.Single(await bench.RunAsync("package"));
        await bench.PoisonAsync("package", early);

        Assert.DoesNotContain(await bench.RowsAsync(run), row => row.Row == PackageResult.Row);
        Assert.Empty(bench.Wire.Events);
        Assert.Empty(await bench.WaitingAsync("deltas"));
    }
}
