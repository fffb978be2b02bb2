using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Sharding;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Package;

[Collection(StageCollection.Name)]
public sealed class PackageStageTests(StageStorage storage)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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

    // What storage puts together is what packaging a folder gives, file by file and byte by byte.
    [Fact]
    public async Task Run_WeightsInAFileOfTheirOwn_IsThePackageOfTheSameFolder()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("package", Models.Layered("package-layers", "1", 45, "int8", "int4"));
        var known = (await bench.ResultAsync<RunRecord>(run, RunRecord.Row)).Layers;

        await bench.RunAsync("package");

        Assert.Equal(["weights/L00.bin", "weights/L01.bin"], known.Select(layer => layer.Path).Order(StringComparer.Ordinal));
        var packaged = await bench.ResultAsync<PackageResult>(run, PackageResult.Row);
        Assert.Equal(["fp32", "int4", "int8"], packaged.Variants.Select(variant => variant.Name).Order(StringComparer.Ordinal));
        var packages = new ContainerBlobStore(bench.Blobs.GetBlobContainerClient("packages"));
        foreach (var variant in packaged.Variants)
        {
            var manifest = ReleaseReader.ReadManifest(await packages.ReadAsync(variant.Manifest, 1 << 20, Cancelled));
            var files = manifest.Files.Where(file => file.Path != ModelFiles.SmokeFile && file.Path != SmokeRules.OutputsFileName);
            Assert.Equal(await PackedAsync(bench, run, variant.Name), files.Select(file => (file.Path, file.Digest, file.Size)));
            var built = await bench.ResultAsync<QuantizeResult>(run, QuantizeResult.Row(variant.Name));
            var shards = manifest.Files.Where(file => file.Path.StartsWith("weights/", StringComparison.Ordinal));
            Assert.Equal(
                shards.Select(file => (file.Path, file.Digest, file.Size)),
                built.Layers.OrderBy(layer => layer.Path, StringComparer.Ordinal).Select(layer => (layer.Path, layer.Digest, layer.Size)));
            foreach (var file in manifest.Files)
            {
                using var content = await packages.OpenReadAsync(file.Digest, Cancelled);
                Assert.Equal((file.Size, file.Digest), (content.Length, await Digest.OfAsync(content, Cancelled)));
            }

            Assert.All(known, layer => Assert.Equal(
                variant.Name == "fp32", manifest.Files.Any(file => file.Path == layer.Path && file.Digest == layer.Digest)));
        }
    }

    /// <summary>The files of a variant's package, as they are packed from a folder.</summary>
    private async Task<IReadOnlyList<(string Path, Digest Digest, long Size)>> PackedAsync(StageBench bench, RunKey run, string variant)
    {
        var (record, built) = (
            await bench.ResultAsync<RunRecord>(run, RunRecord.Row),
            await bench.ResultAsync<QuantizeResult>(run, QuantizeResult.Row(variant)));
        var folder = Directory.CreateDirectory(Path.Combine(storage.Folder.Root, $"packed-{variant}")).FullName;
        var files = built.Files.Concat(ModelFiles.Companions(record, built.Files));
        await bench.Get<ArtifactBlobs>().LoadAsync(files, folder, Cancelled);
        var packed = new List<(string, Digest, long)>();
        foreach (var file in (await WeightSharder.ReadAsync(folder, ModelFiles.Model, Cancelled)).Files)
        {
            using var content = file.Open();
            packed.Add((file.Path, await Digest.OfAsync(content, Cancelled), content.Length));
        }

        return [.. packed.OrderBy(file => file.Item1, StringComparer.Ordinal)];
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
