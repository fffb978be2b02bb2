using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>A running queue listener of either host, with one function.</summary>
internal interface ITried : IAsyncDisposable
{
    /// <summary>An orderly end that cancels functions at once.</summary>
    Task StopAsync();

    /// <summary>Something was put into the queue from outside: tells the listener, if it can be told.</summary>
    void Notify();
}

/// <summary>Starts a listener on a queue.</summary>
/// <param name="storage">Connection string.</param>
/// <param name="queue">The queue.</param>
/// <param name="settings">As host.json would say.</param>
/// <param name="recording">Hears of errors that the host does not handle.</param>
/// <param name="function">Called with text, dequeue count and the token of the host.</param>
internal delegate Task<ITried> TriedStart(
    string storage, string queue, HostSettings settings, Recording recording, Func<string, long, CancellationToken, Task> function);

/// <summary>The listener of this platform.</summary>
internal sealed class TriedOurs(TestListeners listeners, string queue) : ITried
{
    public static Task<ITried> StartAsync(
        string storage, string queue, HostSettings settings, Recording recording, Func<string, long, CancellationToken, Task> function)
    {
        var script = new Script { Act = (call, token) => function(call.Data.String, call.DequeueCount, token) };
        return Task.FromResult<ITried>(new TriedOurs(TestListeners.Queue(script, storage, queue, settings), queue));
    }

    public Task StopAsync() => listeners.StopAsync(TimeSpan.Zero);

    public void Notify() => listeners.Notify(queue);

    public ValueTask DisposeAsync() => listeners.DisposeAsync();
}
