using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

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
        await using var host = await TestHost.StartAsync(script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name));

        var call = await script.NextAsync();

        Assert.Equal("hello", call.Data);
        Assert.Equal(1, call.DequeueCount);
        await GoneAsync(queue);
    }

    [Fact]
    public async Task Run_QueueCreatedLater_IsServed()
    {
        var queue = new QueueClient(azurite.ConnectionString, SharedAzurite.NewName());
        var script = new Script();
        await using var host = await TestHost.StartAsync(script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name));
        await queue.CreateAsync(cancellationToken: Cancelled);
        await queue.SendMessageAsync("late", Cancelled);

        Assert.Equal("late", (await script.NextAsync()).Data);
    }

    [Fact]
    public async Task Run_FunctionFailsFiveTimes_MovesMessageToPoisonQueue()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("bad", Cancelled);
        var script = new Script { Act = (_, _) => throw new InvalidOperationException("as planned") };
        await using var host = await TestHost.StartAsync(script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name));

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
        await using var host = await TestHost.StartAsync(
            script, [typeof(TextTrigger)],
            TestHost.ForQueue(azurite, queue.Name, ("AzureFunctionsJobHost__extensions__queues__maxDequeueCount", "2")));

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
        await using var host = await TestHost.StartAsync(
            script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name), lease: TimeSpan.FromSeconds(4));
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
        var settings = TestHost.ForQueue(azurite, queue.Name);
        var killed = await TestHost.StartAsync(first, [typeof(TextTrigger)], settings, lease: TimeSpan.FromSeconds(2));
        await first.NextAsync();
        await killed.DisposeAsync();
        Assert.Empty((await queue.PeekMessagesAsync(1, Cancelled)).Value);

        var second = new Script();
        await using var host = await TestHost.StartAsync(second, [typeof(TextTrigger)], settings, lease: TimeSpan.FromSeconds(2));

        Assert.Equal(2, (await second.NextAsync()).DequeueCount);
        await GoneAsync(queue);
    }

    [Fact]
    public async Task Stop_WithoutDrain_CancelsAndReleasesTheMessage()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("stopped", Cancelled);
        var script = new Script { Act = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) };
        await using var host = await TestHost.StartAsync(script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name));
        await script.NextAsync();

        await host.StopAsync(drain: false).SoonAsync();

        var message = Assert.Single((await queue.ReceiveMessagesAsync(1, cancellationToken: Cancelled)).Value);
        Assert.Equal(2, message.DequeueCount);
    }

    [Fact]
    public async Task Stop_WithDrain_LetsTheFunctionFinish()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("draining", Cancelled);
        var done = new TaskCompletionSource();
        var script = new Script { Act = (_, token) => done.Task.WaitAsync(token) };
        await using var host = await TestHost.StartAsync(script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name));
        await script.NextAsync();

        var stop = host.StopAsync(drain: true);
        done.SetResult();
        await stop.SoonAsync();

        Assert.Equal(0, (await queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task Run_LongerThanFunctionTimeout_IsCancelledAndTriedAgain()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("slow", Cancelled);
        var script = new Script
        {
            Act = (call, token) => call.DequeueCount == 1 ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) : Task.CompletedTask,
        };
        await using var host = await TestHost.StartAsync(
            script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name, ("AzureFunctionsJobHost__functionTimeout", "00:00:01")));

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
        await using var host = await TestHost.StartAsync(
            script,
            [typeof(TextTrigger)],
            TestHost.ForQueue(
                azurite,
                queue.Name,
                ("AzureFunctionsJobHost__extensions__queues__batchSize", "3"),
                ("AzureFunctionsJobHost__extensions__queues__newBatchThreshold", "1")));

        await GoneAsync(queue);
        Assert.Equal(4, most);
    }

    [Theory]
    [InlineData(typeof(TextTrigger))]
    [InlineData(typeof(OrderTrigger))]
    [InlineData(typeof(BinaryTrigger))]
    [InlineData(typeof(MessageTrigger))]
    public async Task Run_ParameterType_GetsTheDecodedMessage(Type trigger)
    {
        const string json = """{"id":"ä1","count":3}""";
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)), Cancelled);
        var script = new Script();
        await using var host = await TestHost.StartAsync(
            script, [trigger], TestHost.ForQueue(azurite, queue.Name, ("AzureFunctionsJobHost__extensions__queues__messageEncoding", "base64")));

        var data = (await script.NextAsync()).Data;

        var text = data switch
        {
            string s => s,
            Order order => order == new Order("ä1", 3) ? json : order.ToString(),
            BinaryData binary => binary.ToString(),
            QueueMessage message => message.Body.ToString(),
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
        await using var host = await TestHost.StartAsync(
            script, [typeof(TextTrigger)],
            TestHost.ForQueue(azurite, queue.Name, ("AzureFunctionsJobHost__extensions__queues__messageEncoding", "base64")));

        await GoneAsync(queue);
        var poison = new QueueClient(azurite.ConnectionString, queue.Name + "-poison");
        Assert.Equal("{}", (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.MessageText);
        Assert.True(script.IsQuiet);
    }

    [Fact]
    public async Task Run_BodyIsNotTheWantedType_FailsAsAnInvocation()
    {
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("not json", Cancelled);
        await using var host = await TestHost.StartAsync(
            new Script(), [typeof(OrderTrigger)],
            TestHost.ForQueue(azurite, queue.Name, ("AzureFunctionsJobHost__extensions__queues__maxDequeueCount", "2")));

        await GoneAsync(queue);
        var poison = new QueueClient(azurite.ConnectionString, queue.Name + "-poison");
        Assert.Equal("not json", (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.MessageText);
    }

    [Fact]
    public async Task Run_MessageCarriesTraceparent_InvocationJoinsTheTrace()
    {
        using var listener = LocalTelemetry.Listen();
        var queue = await azurite.NewQueueAsync();
        await queue.SendMessageAsync("""{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}""", Cancelled);
        var script = new Script();
        await using var host = await TestHost.StartAsync(script, [typeof(TextTrigger)], TestHost.ForQueue(azurite, queue.Name));

        var context = (await script.NextAsync()).Context;

        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", context.TraceContext.TraceParent, StringComparison.Ordinal);
        Assert.DoesNotContain("b7ad6b7169203331", context.TraceContext.TraceParent, StringComparison.Ordinal);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
