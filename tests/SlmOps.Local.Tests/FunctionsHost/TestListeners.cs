using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost;

/// <summary>The host's listeners over a script in place of a worker process.</summary>
internal sealed class TestListeners : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopFunctions = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly Listeners _listeners;

    private TestListeners(Script script, Trigger trigger, HostSettings settings, TimeSpan lease, RetryPolicy? retry, TimeProvider time)
    {
        var function = new FunctionDescriptor("Function", "Tests.Function.Run", "data", trigger, retry);
        var invoker = new Invoker(
            script.RunAsync,
            late =>
            {
                script.Overdue.Add(late.Name);
                return Task.CompletedTask;
            },
            settings,
            time,
            NullLogger.Instance,
            _stopFunctions.Token);
        _listeners = new Listeners(
            [function],
            settings,
            lease,
            invoker,
            _ => Task.CompletedTask,
            time,
            NullLogger.Instance,
            _abandon.Token);
        _listeners.Start();
    }

    public static TestListeners Queue(
        Script script,
        SharedAzurite azurite,
        string queue,
        HostSettings? settings = null,
        TimeSpan? lease = null,
        QueueForm form = QueueForm.Text) => Queue(script, azurite.ConnectionString, queue, settings, lease, form);

    public static TestListeners Queue(
        Script script,
        string connectionString,
        string queue,
        HostSettings? settings = null,
        TimeSpan? lease = null,
        QueueForm form = QueueForm.Text) =>
        new(
            script,
            new Trigger.Queue(queue, connectionString, form),
            settings ?? Plain,
            lease ?? TimeSpan.FromSeconds(30),
            null,
            TimeProvider.System);

    public static TestListeners Timer(Script script, Schedule schedule, bool runOnStartup, TimeProvider time, RetryPolicy? retry = null) =>
        new(
            script,
            new Trigger.Timer(schedule, runOnStartup),
            new HostSettings { FunctionTimeout = null },
            TimeSpan.FromSeconds(30),
            retry,
            time);

    /// <summary>No encoding, one message at a time, quick polling.</summary>
    public static HostSettings Plain { get; } = new()
    {
        BatchSize = 1,
        NewBatchThreshold = 0,
        MaxPollingInterval = TimeSpan.FromMilliseconds(200),
        Base64 = false,
    };

    public void Notify(string queue) => _listeners.Notify(queue);

    /// <summary>An orderly end.</summary>
    /// <param name="grace">How long functions go on before they are cancelled.</param>
    public Task<bool> StopAsync(TimeSpan grace) => _listeners.DrainAsync(grace, _stopFunctions.CancelAsync, TimeSpan.FromSeconds(10));

    /// <summary>An end as by a kill, unless it was stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        await _abandon.CancelAsync();
        await _listeners.StopAsync();
        await _stopFunctions.CancelAsync();
        await _listeners.Completion.SoonAsync();
        _listeners.Dispose();
    }
}
