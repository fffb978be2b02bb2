using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Quantize;

[Collection(StageCollection.Name)]
public sealed class QuantizeStageTests(StageStorage storage)
{
    [Fact]
    public async Task Run_Variants_AreBuiltAndGoToValidation()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var upload = Models.Mlp("quantize-built", "1", 21, "int8");
        var run = await bench.ArriveAsync("quantize", upload);

        await bench.RunAsync("quantize");

        Assert.Equal([EventTypes.ModelQuantized, EventTypes.ModelQuantized], bench.Sent());
        Assert.Equal(["quantize-built@1 fp32", "quantize-built@1 int8"], await bench.WaitingAsync("validate"));
        var (original, int8) = (
            await bench.ResultAsync<QuantizeResult>(run, QuantizeResult.Row("fp32")),
            await bench.ResultAsync<QuantizeResult>(run, QuantizeResult.Row("int8")));
        Assert.Equal([upload.DigestOf("model.onnx")], original.Files.Select(file => file.Digest));
        Assert.InRange(int8.Ratio, 0.2, 0.9);
        Assert.Equal(2, int8.Quantized);
    }

    [Fact]
    public async Task Run_BudgetThatNothingFits_IsRefusedAndStillGoesToValidation()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("quantize", Models.Mlp("quantize-refused", "1", 22, "auto")
            .WithManifest(manifest => ((JsonObject)manifest["variants"]![0]!)["sizeBudget"] = 1));

        await bench.RunAsync("quantize");

        var refused = await bench.ResultAsync<QuantizeResult>(run, QuantizeResult.Row("auto"));
        Assert.Equal(("auto", 0L), (refused.Recipe, refused.Bytes));
        Assert.Empty(refused.Files);
        Assert.NotEmpty(refused.Problems);
        Assert.Single(bench.Sent());
        Assert.Contains("quantize-refused@1 auto", await bench.WaitingAsync("validate"));
    }
}
