using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Runs;

[Collection(StageCollection.Name)]
public sealed class ProgressRowsTests(StageStorage storage)
{
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly StageMeter _meter = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follow_LongWork_IsWrittenEveryFewSecondsAndGoneAtItsEnd()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("progress-long", "1")!;
        using var ended = new CancellationTokenSource();
        var following = FollowAsync(bench, run, ended.Token);
        ((IProgress<long>)_meter.Begin("read", 1000)).Report(300);

        _time.Advance(ProgressRows.Step);
        Assert.Empty(await bench.RowsAsync(run));
        var progress = await AdvanceAsync(bench, run, null);
        ((IProgress<long>)_meter.Begin("store", 1000)).Report(10);
        var next = await AdvanceAsync(bench, run, progress);

        Assert.Equal(("quantize", "int8", "read", 0.3, 300), (progress.Stage, progress.Variant, progress.Part, progress.Fraction, progress.Bytes));
        Assert.Equal(("store", progress.StartedAt), (next.Part, next.StartedAt));
        Assert.Equal(ProgressRows.Step, next.At - progress.At);
        await ended.CancelAsync();
        await following;
        Assert.Empty(await bench.RowsAsync(run));
    }

    [Fact]
    public async Task Status_IntakeThatTakesLong_IsBuildingWithItsProgress()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("progress-intake", "1")!;
        await bench.Runs.PutAsync(run, ProgressRows.Row("intake", null), At(TimeProvider.System.GetUtcNow()), Cancelled);

        var status = await bench.Get<StatusReader>().FindAsync(run, Cancelled);

        Assert.Equal((RunState.Building, null), (status!.State, status.ReceivedAt));
        Assert.Equal("read", Assert.Single(status.Progress).Part);
    }

    [Fact]
    public async Task Status_HostDiedOverIt_IsNotShownAfterAMinute()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("progress-dead", "1")!;
        var at = TimeProvider.System.GetUtcNow() - ProgressRows.Lifetime;
        await bench.Runs.PutAsync(run, ProgressRows.Row("intake", null), At(at), Cancelled);

        Assert.Null(await bench.Get<StatusReader>().FindAsync(run, Cancelled));
    }

    private static StageProgress At(DateTimeOffset at) => new() { Stage = "intake", Part = "read", StartedAt = at, At = at };

    private Task FollowAsync(StageBench bench, RunKey run, CancellationToken ended) =>
        new ProgressRows(bench.Runs, _time, NullLogger<ProgressRows>.Instance).FollowAsync(run, "quantize", "int8", _meter, ended);

    /// <summary>Moves the clock a step, and waits until what is said then is written.</summary>
    private async Task<StageProgress> AdvanceAsync(StageBench bench, RunKey run, StageProgress? before)
    {
        _time.Advance(ProgressRows.Step);
        while (true)
        {
            var found = ProgressRows.In(await bench.Runs.ReadAsync(run, Cancelled), _time.GetUtcNow());
            if (found.Count > 0 && found[0].At != before?.At)
            {
                return found[0];
            }
        }
    }
}
