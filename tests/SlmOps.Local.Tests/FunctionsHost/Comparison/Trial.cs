using Azure.Storage.Queues;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>One case under one of the hosts.</summary>
internal sealed class Trial(SharedAzurite azurite, QueueRecorder recorder, TriedStart start, string queue) : IAsyncDisposable
{
    private ITried? _host;

    /// <summary>The queue, past the recorder, with texts as they are.</summary>
    public QueueClient Queue { get; } = QueueLimits.Client(azurite.ConnectionString, queue);

    public Recording Recording { get; } = recorder.Record(queue);

    /// <summary>What the function does.</summary>
    public Func<string, long, CancellationToken, Task> Act { get; set; } = (_, _, _) => Task.CompletedTask;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async Task StartAsync(HostSettings settings) => _host = await start(
        recorder.ConnectionString,
        queue,
        settings,
        Recording,
        Recording.Function((text, count, token) => Act(text, count, token)));

    /// <summary>Makes the queue and puts messages into it.</summary>
    public async Task SendAsync(params string[] messages)
    {
        await Queue.CreateIfNotExistsAsync(cancellationToken: Cancelled);
        foreach (var message in messages)
        {
            await Queue.SendMessageAsync(message, Cancelled);
        }
    }

    /// <summary>Waits until the queue is empty and the listener is done with what was in it.</summary>
    public async Task EmptyAsync()
    {
        await Until.HoldsAsync(
            async () => (await Queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount == 0,
            $"the queue is empty; so far: {Recording.Text}");
        await SettleAsync();
    }

    /// <summary>Waits until the listener is done with what it has taken, one message at a time.</summary>
    public async Task SettleAsync()
    {
        await Queue.SendMessageAsync(Recording.Sentinel, Cancelled);
        await Recording.Settled.SoonAsync();
    }

    /// <summary>Waits until the function was called.</summary>
    public Task CalledAsync() => Until.HoldsAsync(
        () => Task.FromResult(Recording.Text.Contains("call", StringComparison.Ordinal)), "the function is called");

    /// <summary>A message from outside, of which the listener is told where that is possible.</summary>
    public async Task DeliverAsync(string message)
    {
        await Queue.SendMessageAsync(message, Cancelled);
        _host!.Notify();
    }

    public Task StopAsync() => _host!.StopAsync().SoonAsync();

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
