using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Intake;

[Collection(StageCollection.Name)]
public sealed class IntakeStageTests(StageStorage storage)
{
    [Fact]
    public async Task Run_Model_BecomesARunWithAMessageForEachVariant()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("intake", Models.Mlp("intake-model", "1", 11, "int8", "int4"));

        await bench.RunAsync("intake");

        Assert.Equal([EventTypes.ModelReceived], bench.Sent());
        Assert.Equal(["intake-model@1 fp32", "intake-model@1 int4", "intake-model@1 int8"], await bench.WaitingAsync("quantize"));
        Assert.Empty(await bench.WaitingAsync("adapt"));
        Assert.Equal("models/intake-model/1/slmops.json", (await bench.ResultAsync<RunRecord>(run, RunRecord.Row)).Upload);
    }

    [Fact]
    public async Task Run_NoModelInTheUpload_IsRejectedAndNothingWaits()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("intake", Models.Mlp("intake-refused", "1", 12, "int8").Without("model.onnx"));

        await bench.RunAsync("intake");

        var rejected = bench.Sent<ModelRejected>(EventTypes.ModelRejected);
        Assert.Equal(("intake", "model-missing"), (rejected.Stage, Assert.Single(rejected.Problems).Code));
        Assert.Empty(await bench.WaitingAsync("quantize"));
        Assert.DoesNotContain(await bench.RowsAsync(run), row => row.Row == RunRecord.Row);
    }

    [Fact]
    public async Task Run_SameUploadTwice_ChangesNothing()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("intake", Models.Mlp("intake-twice", "1", 13, "int8"));
        var message = Assert.Single(await bench.RunAsync("intake"));
        var rows = await bench.RowsAsync(run);
        bench.Wire.Forget();
        await bench.TakeAsync("quantize");

        await bench.RunAsync("intake", message);
        await bench.PoisonAsync("intake", message);

        Assert.Equal(rows, await bench.RowsAsync(run));
        Assert.Empty(bench.Wire.Events);
        Assert.Empty(await bench.WaitingAsync("quantize"));
    }

    [Fact]
    public async Task Run_OtherBytesUnderTheVersion_AreRejectedAndTheRunStays()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("quantize", Models.Mlp("intake-other", "1", 14, "int8"));
        var before = await bench.ResultAsync<RunRecord>(run, RunRecord.Row);
        await bench.ArriveAsync("intake", Models.Mlp("intake-other", "1", 15, "int8"));

        await bench.RunAsync("intake");

        Assert.Equal("version-exists", Assert.Single(bench.Sent<ModelRejected>(EventTypes.ModelRejected).Problems).Code);
        Assert.Equal(before.SourceDigest, (await bench.ResultAsync<RunRecord>(run, RunRecord.Row)).SourceDigest);
    }

    [Fact]
    public async Task Run_HostDiedBetweenRunAndRelay_SendsWithoutReadingAnew()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("intake", Models.Mlp("intake-died", "1", 16, "int8"));
        var message = Assert.Single(await bench.TakeAsync("intake"));
        bench.Wire.IsCut = true;
        await Assert.ThrowsAnyAsync<Exception>(() => bench.RunAsync("intake", message));
        bench.Wire.IsCut = false;
        var stored = (await bench.RowsAsync(run)).Single(row => row.Row == RunRecord.Row);
        Assert.Empty(await bench.WaitingAsync("quantize"));

        await bench.RunAsync("intake", message);

        Assert.Equal(stored, (await bench.RowsAsync(run)).Single(row => row.Row == RunRecord.Row));
        Assert.Equal([EventTypes.ModelReceived], bench.Sent());
        Assert.Equal(["intake-died@1 fp32", "intake-died@1 int8"], await bench.WaitingAsync("quantize"));
    }

    [Fact]
    public async Task Poison_UploadThatIntakeGaveUpOn_IsRejected()
    {
        await using var bench = await StageBench.StartAsync(storage);
        await bench.ArriveAsync("intake", Models.Mlp("intake-poisoned", "1", 17, "int8"));

        await bench.PoisonAsync("intake", Assert.Single(await bench.TakeAsync("intake")));

        Assert.Equal("stage-failed", Assert.Single(bench.Sent<ModelRejected>(EventTypes.ModelRejected).Problems).Code);
    }
}
