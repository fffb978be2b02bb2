using Microsoft.Extensions.Logging;

namespace SlmOps.Local.FunctionsHost;

/// <summary>The queues and timers of an app: everything that runs functions without being called.</summary>
internal sealed class Listeners : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<QueueListener> _queues = [];
    private readonly Dictionary<string, TimerListener> _timers = new(StringComparer.OrdinalIgnoreCase);
    private readonly QueueDepth _depth;
    private readonly TimeProvider _time;

    /// <param name="functions">Of the app; those that are disabled or not served are left out.</param>
    /// <param name="settings">Of host.json.</param>
    /// <param name="lease">How long a fetched message is invisible before it is renewed.</param>
    /// <param name="invoker">Runs the functions.</param>
    /// <param name="ready">Ends when a worker can take an invocation.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <param name="abandoned">Ends everything at once; messages in work are neither completed nor released.</param>
    public Listeners(
        IEnumerable<FunctionDescriptor> functions, HostSettings settings, TimeSpan lease, Invoker invoker,
        Func<CancellationToken, Task> ready, TimeProvider time, ILogger log, CancellationToken abandoned)
    {
        foreach (var function in functions.Where(function => function.IsServed))
        {
            switch (function.Trigger)
            {
                case Trigger.Queue queue:
                    _queues.Add(new QueueListener(function, queue, settings, lease, invoker, ready, time, log, abandoned));
                    break;
                case Trigger.Timer timer:
                    _timers.Add(function.Name, new TimerListener(function, timer, invoker, time));
                    break;
            }
        }

        _time = time;
        _depth = new QueueDepth(_queues, time);
    }

    /// <summary>Fails when a listener broke; ends when all have stopped.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start() => Completion = RunAsync();

    /// <summary>Something was put into a queue: its listeners look at once.</summary>
    public void Notify(string queue)
    {
        foreach (var listener in _queues.Where(listener => listener.Queue.Name == queue))
        {
            listener.Wake();
        }
    }

    /// <summary>Runs a timer function now; false when there is no such function.</summary>
    public async Task<bool> FireTimerAsync(string function)
    {
        if (!_timers.TryGetValue(function, out var timer))
        {
            return false;
        }

        await timer.FireAsync(isPastDue: false, _stop.Token);
        return true;
    }

    /// <summary>After the last one has ended.</summary>
    public void Dispose() => _stop.Dispose();

    /// <summary>Takes nothing new; <see cref="Completion"/> ends with what still runs.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    /// <summary>Takes nothing new, and lets what runs go on for a while before it is cancelled.</summary>
    /// <param name="grace">How long functions go on as if nothing were.</param>
    /// <param name="cancel">Cancels them.</param>
    /// <param name="patience">How long they may take after that.</param>
    /// <returns>True when everything ended and its messages are dealt with.</returns>
    public async Task<bool> DrainAsync(TimeSpan grace, Func<Task> cancel, TimeSpan patience)
    {
        await StopAsync();
        if (await IdleWithinAsync(grace))
        {
            return true;
        }

        await cancel();
        return await IdleWithinAsync(patience);
    }

    private async Task<bool> IdleWithinAsync(TimeSpan patience)
    {
        try
        {
            await Task.WhenAny(Completion).WaitAsync(patience, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task RunAsync()
    {
        var loops = _queues.Select(listener => listener.RunAsync(_stop.Token))
            .Concat(_timers.Values.Select(listener => listener.RunAsync(_stop.Token)))
            .Append(_depth.RunAsync(_stop.Token))
            .ToList();
        // The first that fails is seen at once, not when the last has ended.
        while (loops.Count > 0)
        {
            var done = await Task.WhenAny(loops);
            loops.Remove(done);
            await done;
        }
    }
}
