using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Runs;

[Collection(StageCollection.Name)]
public sealed class StageNeedsTests(StageStorage storage)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_StagesThatWorkInStorage_IsNothing()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var (_, rows) = await ArriveAsync(bench, "quantize");

        Assert.Equal(StageNeed.None, Of("quantize", "int8", rows));
        Assert.Equal(StageNeed.None, Of("package", null, rows));
        Assert.Equal(StageNeed.None, Of("validate", "unknown", rows));
    }

    [Fact]
    public async Task Of_Validate_IsUploadAndVariantAndTheLargerOnesWeights()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var (record, rows) = await ArriveAsync(bench, "validate");
        var upload = record.Files.Sum(file => file.Size);
        var built = rows.List<QuantizeResult>(QuantizeResult.Prefix).ToDictionary(result => result.Variant, result => result.Bytes);

        Assert.Equal(new(upload + built["int8"], record.WeightBytes, "the original and the variant"), Of("validate", "int8", rows));
        Assert.Equal(new(upload + built["fp32"], built["fp32"], "the original"), Of("validate", "fp32", rows));
        Assert.Equal(StageNeed.None, Of("package", null, rows));
        Assert.Equal(StageNeed.None, Of("quantize", "int8", rows));
    }

    [Fact]
    public async Task Run_MemoryTooSmall_VariantIsRefusedWithTheSumAndWhatThereIs()
    {
        await using var bench = await StageBench.StartAsync(
            storage, services => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions
                .AddSingleton<MeasureRoom>(services, () => new(1 << 30, 1 << 30, 1 << 30, 1)));
        var run = await bench.ArriveAsync("validate", Models.Mlp("needs-refused", "1", 93, "int8"));

        await bench.RunAsync("validate");

        var refused = await bench.ResultAsync<ValidateResult>(run, ValidateResult.Row("int8"));
        Assert.False(refused.Verdict.Accepted);
        Assert.Matches(
            "^validate of int8 needs 0[.]0 MB of memory for the original and the variant; a process that runs models may take 0[.]0 MB here[.]$",
            refused.Verdict.Reason);
    }

    private static StageNeed Of(string stage, string? variant, RunRows rows) => StageNeeds.Of(Flow.Find(stage), variant, rows);

    private static async Task<(RunRecord Record, RunRows Rows)> ArriveAsync(StageBench bench, string stage)
    {
        var run = await bench.ArriveAsync(stage, Models.Mlp($"needs-{stage}", "1", 92, "int8"));
        var rows = await bench.Runs.ReadAsync(run, Cancelled);
        return (rows.Find<RunRecord>(RunRecord.Row)!, rows);
    }
}
