using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Validate;

[Collection(StageCollection.Name)]
public sealed class ValidateStageTests(StageStorage storage)
{
    [Fact]
    public async Task Run_LanguageModel_IsMeasuredAndAnswersItsPrompts()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("validate", Models.Decoder("validate-language", "1", 31, "int8"));

        await bench.RunAsync("validate");

        var judged = await bench.ResultAsync<ValidateResult>(run, ValidateResult.Row("int8"));
        Assert.True(judged.Verdict.Accepted, judged.Verdict.Reason);
        Assert.NotNull(judged.Figures.Perplexity);
        Assert.All(judged.SmokeTest!.Prompts, prompt => Assert.Equal(8, prompt.GreedyTokens!.Count));
        Assert.Equal(2, judged.SmokeTest.Version);
        Assert.Null(SmokeRules.Fault(judged.SmokeTest));
        Assert.NotNull(judged.SmokeTest.Prompts[0].Forced!.Steps);
        Assert.NotNull(judged.SmokeTest.Tokenizer);
        Assert.Equal([EventTypes.ModelValidated, EventTypes.ModelValidated], bench.Sent());
        Assert.Equal(["validate-language@1", "validate-language@1"], await bench.WaitingAsync("package"));
    }

    [Fact]
    public async Task Run_VariantBelowTheLimits_IsRefusedAndTheOriginalIsNot()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("validate", Models.Mlp("validate-refused", "1", 32, "int4")
            .WithManifest(manifest => manifest["acceptance"] = new JsonObject { ["minSqnrDb"] = 100 }));

        await bench.RunAsync("validate");

        var (original, int4) = (
            await bench.ResultAsync<ValidateResult>(run, ValidateResult.Row("fp32")),
            await bench.ResultAsync<ValidateResult>(run, ValidateResult.Row("int4")));
        Assert.True(original.Verdict.Accepted);
        Assert.Null(SmokeRules.Fault(original.SmokeOutputs));
        Assert.Null(original.SmokeTest);
        Assert.False(int4.Verdict.Accepted);
        Assert.Contains("SQNR", int4.Verdict.Reason, StringComparison.Ordinal);
        Assert.Equal(2, (await bench.WaitingAsync("package")).Count);
    }

    [Fact]
    public async Task Run_VariantThatTheQuantizerRefused_IsRefusedWithItsReason()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("validate", Models.Mlp("validate-unbuilt", "1", 33, "auto")
            .WithManifest(manifest => ((JsonObject)manifest["variants"]![0]!)["sizeBudget"] = 1));

        await bench.RunAsync("validate");

        var built = await bench.ResultAsync<QuantizeResult>(run, QuantizeResult.Row("auto"));
        var judged = await bench.ResultAsync<ValidateResult>(run, ValidateResult.Row("auto"));
        Assert.Equal(new QualityVerdict(false, built.Problems[0].Message), judged.Verdict);
        Assert.Null(judged.SmokeTest);
    }

    [Theory]
    [InlineData("outputs")]
    [InlineData("text")]
    public async Task Run_OriginalThatDied_IsNotRunAgainForTheOtherVariants(string judgedBy)
    {
        await using var bench = await StageBench.StartAsync(storage, settings: ("SlmOps:RunMemoryBytes", "201326592"));
        var tooLarge = LimitCase.All.Single(one => one.Name == $"memory expand by its {judgedBy}");
        var run = await bench.ArriveAsync("validate", tooLarge.Make($"validate-died-{judgedBy}", "1"));

        var messages = await bench.TakeAsync("validate");
        foreach (var message in messages.OrderByDescending(message => message.Contains("fp32", StringComparison.Ordinal)))
        {
            await bench.RunAsync("validate", message);
        }

        var (original, int8) = (
            await bench.ResultAsync<ValidateResult>(run, ValidateResult.Row("fp32")),
            await bench.ResultAsync<ValidateResult>(run, ValidateResult.Row("int8")));
        Assert.False(original.Verdict.Accepted);
        Assert.StartsWith("The original cannot be run: out-of-memory", original.Verdict.Reason, StringComparison.Ordinal);
        Assert.Equal(original.Verdict, int8.Verdict);
    }
}
