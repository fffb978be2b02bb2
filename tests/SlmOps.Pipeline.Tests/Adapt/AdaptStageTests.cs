using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Adapt;

[Collection(StageCollection.Name)]
public sealed class AdaptStageTests(StageStorage storage)
{
    [Fact]
    public async Task Run_AdapterAndPatch_ComposeEveryVariantAndAskForThePlaceInTheChannel()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await Adaptations.ArriveAsync(
            bench,
            "adapt-right",
            ("adapters/site.onnx_adapter", OnnxModels.Adapter(7)),
            ($"{Adaptations.Config}.patch", Upload.Text("""{"temperature":0.7}""")));

        await bench.RunAsync("adapt");

        var adapted = await bench.ResultAsync<AdaptResult>(run, AdaptResult.Row);
        Assert.Equal(["fp32", "int8"], adapted.Variants.Select(variant => variant.Variant).Order(StringComparer.Ordinal));
        Assert.Equal(
            adapted.Variants.ToDictionary(variant => variant.Variant, variant => variant.Composition.Composition),
            bench.Sent<AdaptationReleased>(EventTypes.AdaptationReleased).Compositions);
        var order = JsonSerializer.Deserialize(Assert.Single(await bench.TakeAsync("rollout")), ContractsJson.Default.RolloutMessage)!;
        Assert.Equal("adapt-right@1", order.RunId);
    }

    [Fact]
    public async Task Run_AdapterOfAnotherModel_IsRejectedWithEveryVariantThatItFails()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await Adaptations.ArriveAsync(
            bench,
            "adapt-wrong",
            ("adapters/a.onnx_adapter", OnnxModels.Adapter(7, prefix: "stranger")));

        await bench.RunAsync("adapt");

        var rejected = bench.Sent<ModelRejected>(EventTypes.ModelRejected);
        Assert.Equal(("adapt", 2), (rejected.Stage, rejected.Problems.Count));
        Assert.Empty((await bench.ResultAsync<AdaptResult>(run, AdaptResult.Row)).Variants);
        Assert.Empty(await bench.TakeAsync("rollout"));
    }
}
