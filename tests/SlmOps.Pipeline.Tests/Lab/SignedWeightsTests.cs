using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Inference;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Tests.Lab;

/// <summary>int8-dynamic with signed weights: right and fast but for AVX2 alone, where its products saturate.</summary>
[Collection(StageCollection.Name)]
public sealed class SignedWeightsTests(StageStorage storage)
{
    private static readonly string Sample = Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What the lab found of the sample, as it printed it.</summary>
    private static IReadOnlyList<LabOutcome> Recorded => JsonSerializer.Deserialize<List<LabOutcome>>(
        File.ReadAllText(Path.Combine(RepositoryRoot.Path, "tests", "SlmOps.Pipeline.Tests", "Lab", "int8-dynamic-signed.json")),
        JsonSerializerOptions.Web)!;

    [Fact]
    public async Task Package_VariantThatFailedOnOneClass_IsNotOfferedToIt()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("lab", Models.Mlp("lab-signed", "1", 92, "int8-dynamic").WithManifest(manifest =>
        {
            manifest["lab"] = new JsonObject { ["processors"] = new JsonArray("nehalem", "haswell") };
            ((JsonObject)manifest["variants"]![0]!)["signedWeights"] = true;
        }));
        await bench.Runs.PutAsync(run, LabResult.Row("int8-dynamic"), new LabResult("int8-dynamic", Recorded), Cancelled);
        await bench.Runs.PutAsync(
            run, LabResult.Row("fp32"), new LabResult("fp32", [.. Recorded.Select(one => one with { Code = "passed" })]), Cancelled);

        await bench.RunAsync("package", $$"""{"schema":1,"runId":"{{run}}"}""");
        await bench.RunAsync("deltas");
        await bench.RunAsync("release");

        var release = (await bench.ResultAsync<ReleaseResult>(run, ReleaseResult.Row)).Release;
        var packages = new ContainerBlobStore(bench.Get<BlobServiceClient>().GetBlobContainerClient(Containers.Packages));
        var offers = ReleaseReader.ReadIndex(await packages.ReadAsync(release.Digest, Limits.IndexBytes, Cancelled)).Variants;
        var signed = offers.Single(offer => offer.Name == "int8-dynamic");
        Assert.Equal([ProcessorClass.X64V3], signed.FailedClasses);
        Assert.Contains(ProcessorClass.X64V2, signed.PassedClasses);
        Assert.Empty(offers.Single(offer => offer.Name == "fp32").FailedClasses);

        // The lab's word is part of what the release key signed.
        var key = await bench.Get<SigningKeys>().ReleaseAsync(Cancelled);
        var contents = await ReleaseContents.ReadAsync(release, packages, Cancelled);
        Assert.Equal(
            [("fp32", "PASSED"), ("int8-dynamic", "WARNED")],
            contents.Attestations.Where(one => one.Kind == AttestationKind.LabResult).Select(one => (one.Variant, one.Result!)));
        var verdict = await PackageVerifier.VerifyAsync(release, packages, key.PublicKey, Cancelled);
        Assert.True(verdict.IsAccepted, verdict.Refusal?.Reason);
    }

    [Fact]
    public void Recorded_Result_FailsOnHaswellAlone() => Assert.Equal(
        ["haswell"], Recorded.Where(one => !one.Passed).Select(one => one.Processor));

    [Fact]
    public async Task Lab_SampleWithSignedWeights_FailsWhereThereIsAvx2Alone()
    {
        var processors = LabProcessors.Asked(["nehalem", "haswell"]);
        var tools = Tools();
        foreach (var processor in processors)
        {
            Assert.SkipWhen(tools.Missing(processor) is not null, $"Nothing is emulated here: {tools.Missing(processor)}.");
        }

        using var folder = new TemporaryFolder();
        var model = Path.Combine(Directory.CreateDirectory(Path.Combine(folder.Root, "signed")).FullName, "model.onnx");
        ModelQuantizer.Quantize(
            Path.Combine(Sample, "model.onnx"),
            model,
            new QuantizationOptions { Recipe = "int8-dynamic", SignedWeights = true },
            progress: null,
            Cancelled);
        var tokens = Tokenizer.Load(Path.Combine(Sample, "tokenizer.json")).Encode(File.ReadAllText(Path.Combine(Sample, "eval.txt")), Cancelled);
        var run = new LabRun(tools, processors, new([.. tokens.Take(LabRequest.DefaultTokens + 1)], 48, "eval.txt"), TimeProvider.System)
        {
            WorkFolder = folder.Root,
        };

        var report = await run.RunAsync(
            [
                Model("(original)", Path.Combine(Sample, "model.onnx")) with { IsOriginal = true, IsReference = true },
                Model("signed", model),
            ],
            progress: null,
            Cancelled);

        var found = LabOutcomes.Of("signed", report, message => message);
        TestContext.Current.TestOutputHelper?.WriteLine(JsonSerializer.Serialize(found.Outcomes, JsonSerializerOptions.Web));
        Assert.Equal("differs", found.Outcomes.Single(one => one.Processor == "haswell").Code);
        Assert.Equal("passed", found.Outcomes.Single(one => one.Processor == "nehalem").Code);
    }

    private static LabModel Model(string name, string path) => new(name, Path.GetDirectoryName(path)!, path, 1 << 24, 1 << 22);

    private static LabTools Tools() => new()
    {
        Scripts = Path.Combine(RepositoryRoot.Path, "infra", "lab"),
        Agents = Environment.GetEnvironmentVariable("SLMOPS_LAB_AGENTS") is { Length: > 0 } named
            ? named
            : Path.Combine(RepositoryRoot.Path, "artifacts", "lab"),
        NativeAgent = LabStageTests.Agent,
        TakesStale = false,
    };
}
