using System.Text.Json.Nodes;
using Azure.Storage.Queues;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Runs;

[Collection(StageCollection.Name)]
public sealed class QueueJobTests(StageStorage storage)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_MessageOfTheLab_IsWorkedOffAndGone()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var run = await bench.ArriveAsync("lab", Models.Mlp("job-done", "1", 91, "int8")
            .WithManifest(manifest => manifest["lab"] = new JsonObject()));
        var job = bench.Get<QueueJob>();

        var outcomes = new[]
        {
            await job.RunAsync("lab", Cancelled), await job.RunAsync("lab", Cancelled), await job.RunAsync("lab", Cancelled),
        };

        Assert.Equal([QueueJobOutcome.Done, QueueJobOutcome.Done, QueueJobOutcome.NothingToDo], outcomes);
        Assert.NotNull(await bench.ResultAsync<LabResult>(run, LabResult.Row("int8")));
        Assert.NotNull(await bench.ResultAsync<LabResult>(run, LabResult.Row("fp32")));
        Assert.Equal(2, (await bench.WaitingAsync("package")).Count);
    }

    [Fact]
    public async Task Run_MessageThatFailsEveryTime_LiesInThePoisonQueueAfterFive()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var queues = bench.Get<QueueServiceClient>();
        var (queue, poison) = (queues.GetQueueClient("lab"), queues.GetQueueClient("lab-poison"));
        const string Unknown = """{"schema":1,"runId":"nobody@1","variant":"int8"}""";
        await queue.SendMessageAsync(Unknown, Cancelled);
        for (var attempt = 1; attempt < 5; attempt++)
        {
            // What a program does that is killed over it: nothing.
            await queue.ReceiveMessageAsync(TimeSpan.FromSeconds(1), Cancelled);
            await VisibleAsync(queue);
        }

        Assert.Equal(QueueJobOutcome.Failed, await bench.Get<QueueJob>().RunAsync("lab", Cancelled));

        Assert.Equal(Unknown, (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.Body.ToString());
        Assert.Equal(0, (await queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task Run_MessageThatFailsOnce_ComesAgain()
    {
        await using var bench = await StageBench.StartAsync(storage);
        var queue = bench.Get<QueueServiceClient>().GetQueueClient("lab");
        await queue.SendMessageAsync("""{"schema":1,"runId":"nobody@1","variant":"int8"}""", Cancelled);

        Assert.Equal(QueueJobOutcome.Failed, await bench.Get<QueueJob>().RunAsync("lab", Cancelled));

        Assert.Equal(1, (await queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount);
        Assert.Equal(QueueJobOutcome.NothingToDo, await bench.Get<QueueJob>().RunAsync("lab", Cancelled));
    }

    /// <summary>The storage alone knows when a message is there again.</summary>
    private static async Task VisibleAsync(QueueClient queue)
    {
        while ((await queue.PeekMessageAsync(Cancelled)).Value is null)
        {
            Cancelled.ThrowIfCancellationRequested();
        }
    }
}
