using System.Text.Json.Nodes;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>What every stage promises, whatever it does: each of the flow is held to it.</summary>
[Collection(StageCollection.Name)]
public sealed class StageTests(StageStorage storage)
{
    public static TheoryData<string> Stages => [.. Flow.Steps.Where(step => step.Stage is not null).Select(step => step.Name)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Run_WorkIsDone_NoFurtherMessageChangesOrSendsAnything(string stage)
    {
        await using var bench = await StageBench.StartAsync(storage);
        var (run, message) = await ArriveAsync(bench, stage, "done");
        await bench.RunAsync(stage, message);
        var (rows, sent, waiting) = (await bench.RowsAsync(run), bench.Wire.Events.Count, await WaitingAsync(bench, stage, run));

        await bench.RunAsync(stage, message);
        await bench.PoisonAsync(stage, message);

        Assert.Equal(rows, await bench.RowsAsync(run));
        Assert.Equal(sent, bench.Wire.Events.Count);
        Assert.Equal(waiting, await WaitingAsync(bench, stage, run));
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Run_HostDiedBetweenResultAndRelay_SendsWithoutWorkingAgain(string stage)
    {
        await using var bench = await StageBench.StartAsync(storage);
        var (run, message) = await ArriveAsync(bench, stage, "died");
        bench.Wire.IsCut = true;
        await Assert.ThrowsAnyAsync<Exception>(() => bench.RunAsync(stage, message));
        bench.Wire.IsCut = false;
        var result = Result(await bench.RowsAsync(run), stage);
        Assert.Empty(bench.Wire.Events);
        Assert.Empty(await WaitingAsync(bench, stage, run));

        await bench.RunAsync(stage, message);

        Assert.Equal(result, Result(await bench.RowsAsync(run), stage));
        Assert.DoesNotContain(await bench.RowsAsync(run), row => row.Row.StartsWith("outbox|", StringComparison.Ordinal));
        Assert.Equal(Flow.Find(stage).Facts.Where(fact => fact != Contracts.EventTypes.ModelRejected), bench.Sent());
        Assert.Equal(Flow.NextOf(Flow.Find(stage)).Count(next => next.Stage is not null), (await WaitingAsync(bench, stage, run)).Count);
    }

    // The run of a stage that died in the same place and got no further message: the clock's turn.
    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Sweep_HostDiedBetweenResultAndRelay_SendsWhatWasLeft(string stage)
    {
        await using var bench = await StageBench.StartAsync(storage);
        var (run, message) = await ArriveAsync(bench, stage, "swept");
        bench.Wire.IsCut = true;
        await Assert.ThrowsAnyAsync<Exception>(() => bench.RunAsync(stage, message));
        bench.Wire.IsCut = false;

        await bench.Runs.SweepAsync(TimeSpan.FromMinutes(-5), Cancelled);

        Assert.DoesNotContain(await bench.RowsAsync(run), row => row.Row.StartsWith("outbox|", StringComparison.Ordinal));
        Assert.Equal(Flow.NextOf(Flow.Find(stage)).Count(next => next.Stage is not null), (await WaitingAsync(bench, stage, run)).Count);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Poison_GivenUp_EndsAsTheFlowSays(string stage)
    {
        await using var bench = await StageBench.StartAsync(storage);
        var (run, message) = await ArriveAsync(bench, stage, "poisoned");

        await bench.PoisonAsync(stage, message);
        await bench.PoisonAsync(stage, message);

        var step = Flow.Find(stage);
        if (step.GivenUp == GivenUp.RejectsRun)
        {
            var rejected = bench.Sent<Contracts.ModelRejected>(Contracts.EventTypes.ModelRejected);
            Assert.Equal((stage, "stage-failed"), (rejected.Stage, Assert.Single(rejected.Problems).Code));
            Assert.Empty(await WaitingAsync(bench, stage, run));
        }
        else
        {
            Assert.DoesNotContain(Contracts.EventTypes.ModelRejected, bench.Sent());
            Assert.Single(await WaitingAsync(bench, stage, run));
            Assert.Contains(await bench.RowsAsync(run), row => row.Row == step.RowOf("int8"));
        }
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Run_RunIsUnknown_FailsAndLeavesNothing(string stage)
    {
        await using var bench = await StageBench.StartAsync(storage);
        var variant = Flow.Find(stage).IsPerVariant ? "\"int8\"" : "null";

        await Assert.ThrowsAsync<InvalidDataException>(() =>
            bench.RunAsync(stage, $$"""{"schema":1,"runId":"nobody@1","variant":{{variant}}}"""));

        Assert.Empty(await bench.RowsAsync(new("nobody", "1")));
    }

    /// <summary>A run before the stage, and the stage's message: that of the variant int8 where there is one a variant.</summary>
    private static async Task<(RunKey Run, string Message)> ArriveAsync(StageBench bench, string stage, string why)
    {
        var run = stage == "adapt"
            ? await Adaptations.ArriveAsync(bench, $"{why}-{stage}")
            : await bench.ArriveAsync(stage, Models.Mlp($"{why}-{stage}", "1", 71, "int8")
                // Nobody comes by the lab who did not ask for it.
                .WithManifest(manifest => manifest["lab"] = new JsonObject()));
        var messages = await bench.TakeAsync(stage);
        return (
            run,
            Flow.Find(stage).IsPerVariant
                ? messages.Single(message => message.Contains("\"int8\"", StringComparison.Ordinal))
                : messages[^1]);
    }

    private static async Task<IReadOnlyList<string>> WaitingAsync(StageBench bench, string stage, RunKey run)
    {
        var waiting = new List<string>();
        foreach (var next in Flow.NextOf(Flow.Find(stage)).Where(next => next.Stage is not null))
        {
            waiting.AddRange(
                (await bench.WaitingAsync(next.Name)).Where(message => message.StartsWith($"{run}", StringComparison.Ordinal)));
        }

        return waiting;
    }

    private static (string Row, Azure.ETag ETag) Result(IReadOnlyList<(string Row, Azure.ETag ETag)> rows, string stage) =>
        rows.Single(row => row.Row == Flow.Find(stage).RowOf("int8"));
}
