using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Runs;

[Collection(StageCollection.Name)]
public sealed class StageGuardTests(StageStorage storage)
{
    private const string Variant = "int8";
    private static readonly FlowStep Step = Flow.Find("quantize");
    private static readonly string Row = StageAttempt.Row(Step.Name, Variant);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_WhileItWorks_ADeathIsWrittenDownAndTakenBackAfterwards()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("guard-works", "1")!;
        var during = 0;

        await RunAsync(bench, run, async _ => during = await DeathsAsync(bench, run));

        Assert.Equal(1, during);
        Assert.Equal(0, await DeathsAsync(bench, run));
    }

    [Fact]
    public async Task Run_WorkThatThrows_IsNoDeath()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("guard-throws", "1")!;

        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(bench, run, _ => throw new InvalidDataException("bad")));

        Assert.Equal(0, await DeathsAsync(bench, run));
    }

    [Fact]
    public async Task Run_HostDiedTwice_GivesUpWithoutWorkingAndStartsAnewAfterwards()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("guard-died", "1")!;
        await DieAsync(bench, run, 2);
        var (worked, gaveUp) = (0, 0);

        for (var delivery = 0; delivery < 2; delivery++)
        {
            await RunAsync(bench, run, Count(() => worked++), () => Count(() => gaveUp++)(default));
        }

        Assert.Equal((1, 1), (worked, gaveUp));
    }

    [Fact]
    public async Task Run_MoreDeathsAllowed_TriesAgain()
    {
        await using var bench = await StageBench.StartAsync(storage, settings: ("SlmOps:MaxHostDeaths", "3"));
        var run = RunKey.Of("guard-more", "1")!;
        await DieAsync(bench, run, 2);
        var during = 0;

        await RunAsync(bench, run, async _ => during = await DeathsAsync(bench, run));

        Assert.Equal(3, during);
    }

    [Fact]
    public async Task Run_FreshMessages_RunBesideEachOther()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var both = new[] { new TaskCompletionSource(), new TaskCompletionSource() };

        // Each ends only when the other has started.
        await Task.WhenAll(
            [.. both.Select((mine, i) => RunAsync(bench, RunKey.Of($"guard-beside-{i}", "1")!, ended =>
            {
                mine.SetResult();
                return both[1 - i].Task.WaitAsync(ended);
            }))]);
    }

    [Fact]
    public async Task Run_HostDiedOnce_RunsWithNoOtherBesideIt()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("guard-alone", "1")!;
        await DieAsync(bench, run, 1);
        var others = Task.CompletedTask;
        var (inside, beside) = (0, 0);

        await RunAsync(bench, run, async _ =>
        {
            others = Task.WhenAll(
                [.. Enumerable.Range(0, 3).Select(i => RunAsync(bench, RunKey.Of($"guard-other-{i}", "1")!, Count(() => inside++)))]);

            // Many times what the others would need to get in.
            for (var look = 0; look < 30; look++)
            {
                await DeathsAsync(bench, run);
                beside += inside;
            }
        });
        await others;

        Assert.Equal((0, 3), (beside, inside));
    }

    [Fact]
    public async Task Run_CancelledBefore_DoesNotWork()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("guard-cancelled", "1")!;
        await CancelAsync(bench, run);
        var worked = 0;

        await RunAsync(bench, run, Count(() => worked++));

        Assert.Equal(0, worked);
    }

    [Fact]
    public async Task Run_CancelledWhileItWorks_EndsTheWorkAndIsNoDeath()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("guard-ended", "1")!;
        var time = new FakeTimeProvider();
        using var guard = new StageGuard(
            bench.Runs, bench.Get<Rejections>(), bench.Get<ProgressRows>(), bench.Get<StageRoom>(), bench.Get<PipelineOptions>(), time,
            NullLogger<StageGuard>.Instance);
        var stopped = false;

        await guard.RunAsync(
            run,
            Step,
            Variant,
            Work(async ended =>
            {
                await CancelAsync(bench, run);
                time.Advance(TimeSpan.FromSeconds(2));
                var end = new TaskCompletionSource();
                await using var registration = ended.Register(end.SetResult);
                await end.Task.WaitAsync(Cancelled);
                stopped = true;
                ended.ThrowIfCancellationRequested();
            }),
            Cancelled);

        Assert.True(stopped);
        Assert.Equal(0, await DeathsAsync(bench, run));
    }

    [Fact]
    public async Task Run_NeverRoom_GivesUpWithTheReasonAndIsNoDeath()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = RunKey.Of("guard-room", "1")!;
        Contracts.Problem? known = null;

        await bench.Get<StageGuard>().RunAsync(
            run,
            Step,
            Variant,
            new(
                _ => Task.FromResult(new StageNeed(long.MaxValue / 2, 0, "a test")),
                (_, _) => throw new InvalidOperationException("There is no room."),
                problem =>
                {
                    known = problem;
                    return Task.CompletedTask;
                }),
            Cancelled);

        Assert.Equal("disk-short", known!.Code);
        Assert.StartsWith("quantize of int8 needs 4611686018.4 GB of disk for a test; ", known.Message, StringComparison.Ordinal);
        Assert.Equal(0, await DeathsAsync(bench, run));
    }

    private static Task RunAsync(StageBench bench, RunKey run, Func<CancellationToken, Task> work, Func<Task>? giveUp = null) =>
        bench.Get<StageGuard>().RunAsync(run, Step, Variant, Work(work, giveUp), Cancelled);

    private static GuardedWork Work(Func<CancellationToken, Task> work, Func<Task>? giveUp = null) => new(
        _ => Task.FromResult(StageNeed.None),
        (_, ended) => work(ended),
        _ => giveUp is null ? throw new InvalidOperationException("Nothing is given up here.") : giveUp());

    private static Func<CancellationToken, Task> Count(Action add) => _ =>
    {
        add();
        return Task.CompletedTask;
    };

    private static async Task<int> DeathsAsync(StageBench bench, RunKey run) =>
        (await bench.Runs.FindAsync<StageAttempt>(run, Row, Cancelled))?.Value.Count ?? 0;

    private static Task DieAsync(StageBench bench, RunKey run, int times) =>
        bench.Runs.PutAsync(run, Row, new StageAttempt(times, DateTimeOffset.UnixEpoch), Cancelled);

    private static Task CancelAsync(StageBench bench, RunKey run) =>
        bench.Get<Rejections>().AddAsync(
            run, new(run.Model, run.Version, "", RunCancel.Name, []), Rejections.Cancelled, Cancelled);
}
