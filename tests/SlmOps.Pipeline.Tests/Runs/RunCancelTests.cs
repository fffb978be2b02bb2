using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Runs;

[Collection(StageCollection.Name)]
public sealed class RunCancelTests(StageStorage storage)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cancel_NothingOfThatName_IsNothing()
    {
        await using var bench = await StageBench.StartAsync(storage);
        Assert.Null(await CancelAsync(bench, RunKey.Of("cancel-nobody", "1")!));
    }

    [Theory]
    [InlineData("quantize", QuantizeResult.Prefix)]
    [InlineData("validate", ValidateResult.Prefix)]
    [InlineData("lab", LabResult.Prefix)]
    [InlineData("package", PackageResult.Row)]
    public async Task Cancel_RunAtAStage_IsRejectedAndGoesNoFurther(string stage, string result)
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync(stage, Models.Mlp($"cancel-{stage}", "1", 41, "int8")
            .WithManifest(manifest => manifest["lab"] = new JsonObject()));

        var first = await CancelAsync(bench, run);
        await bench.RunAsync(stage);
        var second = await CancelAsync(bench, run);

        Assert.True(first is { Done: true });
        Assert.True(second is { Done: false });
        Assert.Contains("was cancelled before", second.Message, StringComparison.Ordinal);
        Assert.Equal([EventTypes.ModelRejected], bench.Sent());
        Assert.DoesNotContain(await bench.RowsAsync(run), row => row.Row.StartsWith(result, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancel_WhileIntakeReadsIt_IsRejected()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("cancel-intake", "1")!;
        await bench.Runs.PutAsync(
            run, StageAttempt.Row(StageAttempt.Intake, null), new StageAttempt(1, DateTimeOffset.UnixEpoch), Cancelled);

        Assert.True(await CancelAsync(bench, run) is { Done: true });
    }

    [Fact]
    public async Task Cancel_RunThatWasReleased_SaysWhatTakesItBack()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("quantize", Models.Mlp("cancel-released", "1", 42, "int8"));
        await bench.Runs.PutAsync(
            run, ReleaseResult.Row, new ReleaseResult(new(run.Model, run.Version, Digest.Of([1]), 1, Digest.Of([2])), "main"), Cancelled);

        var outcome = await CancelAsync(bench, run);

        Assert.True(outcome is { Done: false });
        Assert.Contains("slmops rollout rollback", outcome.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Sent());
    }

    private static Task<CancelOutcome?> CancelAsync(StageBench bench, RunKey run) => bench.Get<RunCancel>().CancelAsync(run, Cancelled);
}
