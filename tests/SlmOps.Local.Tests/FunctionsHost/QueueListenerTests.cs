using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.Tests.FunctionsHost;

public sealed class QueueListenerTests(SharedAzurite azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Task GoneAsync(QueueClient queue) => Until.HoldsAsync(
        async () => (await queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount == 0, $"queue {queue.Name} is empty");

    [Fact]
    public async Task Run_FunctionSucceeds_DeletesMessage()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("hello", Cancelled);
        var script = new Script();
        await using var host = TestListeners.Queue(script, azurite, queue.Name);

        var call = await script.NextAsync();

        Assert.Equal("hello", call.Data.String);
        Assert.Equal(1, call.DequeueCount);
        await GoneAsync(queue);
    }

    [Fact]
    public async Task Run_QueueCreatedLater_IsServed()
    {
        var queue = new QueueClient(azurite.ConnectionString, SharedAzurite.NewName());
        var script = new Script();
        await using var host = TestListeners.Queue(script, azurite, queue.Name);
        await queue.CreateAsync(cancellationToken: Cancelled);
        await queue.SendMessageAsync("late", Cancelled);

        Assert.Equal("late", (await script.NextAsync()).Data.String);
    }

    [Fact]
    public async Task Run_FunctionFailsFiveTimes_MovesMessageToPoisonQueue()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("bad", Cancelled);
        var script = new Script { Act = (_, _) => throw new InvalidOperationException("as planned") };
        await using var host = TestListeners.Queue(script, azurite, queue.Name);

        for (var attempt = 1; attempt <= 5; attempt++)
        {
            Assert.Equal(attempt, (await script.NextAsync()).DequeueCount);
        }

        await GoneAsync(queue);
        var poison = new QueueClient(azurite.ConnectionString, queue.Name + "-poison");
        Assert.Equal("bad", (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.MessageText);
        Assert.True(script.IsQuiet);
    }

    [Fact]
    public async Task Run_DequeuedTooOftenBefore_GoesToPoisonWithoutCall()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("worn", Cancelled);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            await queue.ReceiveMessagesAsync(1, TimeSpan.FromSeconds(1), Cancelled);
            await Until.HoldsAsync(async () => (await queue.PeekMessagesAsync(1, Cancelled)).Value.Length > 0, "visible again");
        }

        var script = new Script();
        await using var host = TestListeners.Queue(script, azurite, queue.Name, TestListeners.Plain with { MaxDequeueCount = 2 });

        await GoneAsync(queue);
        var poison = new QueueClient(azurite.ConnectionString, queue.Name + "-poison");
        Assert.Equal("worn", (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.MessageText);
        Assert.True(script.IsQuiet);
    }

    [Fact]
    public async Task Run_LongerThanTheLease_NobodyElseSeesTheMessage()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("long", Cancelled);
        var done = new TaskCompletionSource();
        var script = new Script { Act = (_, _) => done.Task };
        await using var host = TestListeners.Queue(script, azurite, queue.Name, lease: TimeSpan.FromSeconds(4));
        await script.NextAsync();
        var started = TimeProvider.System.GetTimestamp();

        await Until.HoldsAsync(
            async () =>
            {
                Assert.Empty((await queue.ReceiveMessagesAsync(1, TimeSpan.FromSeconds(1), Cancelled)).Value);
                return TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(6);
            },
            "one and a half leases");
        done.SetResult();

        // Only the receipt of the last renewal can delete it.
        await GoneAsync(queue);
        Assert.True(script.IsQuiet);
    }

    [Fact]
    public async Task Dispose_WithoutStop_MessageComesBackWhenTheLeaseEnds()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("again", Cancelled);
        var first = new Script { Act = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) };
        var killed = TestListeners.Queue(first, azurite, queue.Name, lease: TimeSpan.FromSeconds(2));
        await first.NextAsync();
        await killed.DisposeAsync();
        Assert.Empty((await queue.PeekMessagesAsync(1, Cancelled)).Value);

        var second = new Script();
        await using var host = TestListeners.Queue(second, azurite, queue.Name, lease: TimeSpan.FromSeconds(2));

        Assert.Equal(2, (await second.NextAsync()).DequeueCount);
        await GoneAsync(queue);
    }

    [Fact]
    public async Task Stop_GraceIsOver_CancelsAndReleasesTheMessage()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("stopped", Cancelled);
        var script = new Script { Act = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) };
        await using var host = TestListeners.Queue(script, azurite, queue.Name);
        await script.NextAsync();

        Assert.True(await host.StopAsync(TimeSpan.Zero).SoonAsync());

        var message = Assert.Single((await queue.ReceiveMessagesAsync(1, cancellationToken: Cancelled)).Value);
        Assert.Equal(2, message.DequeueCount);
    }

    [Fact]
    public async Task Stop_WithinGrace_LetsTheFunctionFinish()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("draining", Cancelled);
        var done = new TaskCompletionSource();
        var script = new Script { Act = (_, token) => done.Task.WaitAsync(token) };
        await using var host = TestListeners.Queue(script, azurite, queue.Name);
        await script.NextAsync();

        var stop = host.StopAsync(TimeSpan.FromMinutes(1));
        done.SetResult();
        Assert.True(await stop.SoonAsync());

        Assert.Equal(0, (await queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task Run_LongerThanFunctionTimeout_IsCancelledAndTriedAgain()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("slow", Cancelled);
        var script = new Script
        {
            Act = (call, token) =>
                call.DequeueCount == 1 ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) : Task.CompletedTask,
        };
        await using var host = TestListeners.Queue(
            script, azurite, queue.Name, TestListeners.Plain with { FunctionTimeout = TimeSpan.FromSeconds(1) });

        Assert.Equal(1, (await script.NextAsync()).DequeueCount);
        Assert.Equal(2, (await script.NextAsync()).DequeueCount);
        await GoneAsync(queue);
        Assert.Empty(script.Overdue);
    }

    [Fact]
    public async Task Run_IgnoresThatItsTimeIsOver_ItsWorkerIsEnded()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("deaf", Cancelled);
        var ended = new TaskCompletionSource();
        var script = new Script { Act = (_, _) => ended.Task };
        await using var host = TestListeners.Queue(
            script, azurite, queue.Name, TestListeners.Plain with { FunctionTimeout = TimeSpan.FromSeconds(1) });

        await Until.HoldsAsync(() => Task.FromResult(script.Overdue.Count > 0), "the worker was ended");
        ended.SetResult();

        Assert.Equal(1, (await script.NextAsync()).DequeueCount);
        Assert.Equal(2, (await script.NextAsync()).DequeueCount);
        await GoneAsync(queue);
    }

    [Fact]
    public async Task Run_ManyMessages_RunsBatchSizePlusThresholdAtOnce()
    {
        var queue = await azurite.NewQueueAsync();
        for (var number = 0; number < 12; number++)
        {
            await queue.SendMessageAsync($"{number}", Cancelled);
        }

        var calls = 0;
        var running = 0;
        var most = 0;
        var full = new TaskCompletionSource();
        var script = new Script
        {
            Act = async (_, token) =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                // Two of the first batch end, so that one is left and the next batch of three may come.
                if (Interlocked.Increment(ref calls) is 2 or 3)
                {
                    Interlocked.Decrement(ref running);
                    return;
                }

                if (now == 4)
                {
                    full.TrySetResult();
                }

                await full.Task.WaitAsync(token);
                Interlocked.Decrement(ref running);
            },
        };
        await using var host = TestListeners.Queue(
            script, azurite, queue.Name, TestListeners.Plain with { BatchSize = 3, NewBatchThreshold = 1 });

        await GoneAsync(queue);
        Assert.Equal(4, most);
    }

    [Theory]
    [InlineData(QueueForm.Text)]
    [InlineData(QueueForm.Bytes)]
    [InlineData(QueueForm.Message)]
    public async Task Run_EveryForm_CarriesTheDecodedMessage(object form)
    {
        const string json = """{"id":"ä1","count":3}""";
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)), Cancelled);
        var script = new Script();
        await using var host = TestListeners.Queue(
            script, azurite, queue.Name, TestListeners.Plain with { Base64 = true }, form: (QueueForm)form);

        var data = (await script.NextAsync()).Data;

        var text = data.DataCase switch
        {
            TypedData.DataOneofCase.String => data.String,
            TypedData.DataOneofCase.Bytes => data.Bytes.ToStringUtf8(),
            TypedData.DataOneofCase.ModelBindingData => JsonDocument
                .Parse(data.ModelBindingData.Content.Memory)
                .RootElement.GetProperty("MessageText")
                .GetString(),
            _ => null,
        };
        Assert.Equal(json, text);
    }

    [Fact]
    public async Task Run_NotBase64_GoesToPoisonWithoutCall()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("{}", Cancelled);
        var script = new Script();
        await using var host = TestListeners.Queue(script, azurite, queue.Name, TestListeners.Plain with { Base64 = true });

        await GoneAsync(queue);
        var poison = new QueueClient(azurite.ConnectionString, queue.Name + "-poison");
        Assert.Equal("{}", (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.MessageText);
        Assert.True(script.IsQuiet);
    }

    [Fact]
    public async Task Run_BodyIsNoText_FailsAsAnInvocation()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("/w==", Cancelled);
        var script = new Script();
        await using var host = TestListeners.Queue(
            script, azurite, queue.Name, TestListeners.Plain with { Base64 = true, MaxDequeueCount = 2 });

        await GoneAsync(queue);
        var poison = new QueueClient(azurite.ConnectionString, queue.Name + "-poison");
        Assert.Equal("/w==", (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.MessageText);
        Assert.True(script.IsQuiet);
    }

    [Fact]
    public async Task Run_MessageCarriesTraceparent_InvocationJoinsTheTrace()
    {
        using var listener = LocalTelemetry.Listen();
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("""{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}""", Cancelled);
        var script = new Script();
        await using var host = TestListeners.Queue(script, azurite, queue.Name);

        var trace = (await script.NextAsync()).Request.TraceContext.TraceParent;

        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", trace, StringComparison.Ordinal);
        Assert.DoesNotContain("b7ad6b7169203331", trace, StringComparison.Ordinal);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
