using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local.FunctionsHost;

/// <summary>
/// Runs functions written for the isolated worker in this process, with the real host's semantics.
/// <see cref="StopAsync"/> is an orderly end; disposing without it abandons what runs, as a killed process would.
/// </summary>
internal sealed class EmbeddedFunctionsHost : IAsyncDisposable
{
    private static readonly TimeSpan AbandonPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopFetching = new();
    private readonly CancellationTokenSource _stopFunctions = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly List<QueueListener> _queues = [];
    private readonly List<TimerListener> _timers = [];
    private readonly FunctionsHostOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private WebApplication? _web;
    private Task _work = Task.CompletedTask;
    private bool _disposed;

    private EmbeddedFunctionsHost(
        FunctionsHostOptions options, IServiceProvider services, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _log = loggers.CreateLogger<EmbeddedFunctionsHost>();
        if (options.QueueLease < TimeSpan.FromSeconds(1) || options.QueueLease > TimeSpan.FromDays(7))
        {
            throw new LocalPlatformException($"The queue lease is {options.QueueLease}; storage takes 1 second to 7 days.");
        }

        HostSettings = HostSettings.Read(options.HostJson, options.Settings);
        Functions = FunctionCatalog.Scan(options.Triggers, options.Settings, HostSettings);
        Invoker = new Invoker(services, HostSettings, time, _log, _stopFunctions.Token);
    }

    /// <summary>Address of the host.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The functions that the scan found.</summary>
    public IReadOnlyList<FunctionDescriptor> Functions { get; }

    /// <summary>Settings in effect.</summary>
    public HostSettings HostSettings { get; }

    /// <summary>Fails when a listener broke; ends when the host has stopped.</summary>
    public Task Completion => _work;

    internal Invoker Invoker { get; }

    internal HostKeys Keys => _options.Keys;

    internal DateTimeOffset StartedAt { get; private set; }

    /// <summary>Scans, listens and serves.</summary>
    /// <param name="options">Functions, settings and keys.</param>
    /// <param name="services">What the functions' constructors take.</param>
    /// <param name="time">Clock.</param>
    /// <param name="loggers">Logs.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="LocalPlatformException">When functions or settings are wrong.</exception>
    public static async Task<EmbeddedFunctionsHost> StartAsync(
        FunctionsHostOptions options, IServiceProvider services, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var host = new EmbeddedFunctionsHost(options, services, time, loggers);
        try
        {
            await host.StartAsync(loggers, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>The functions, one line each.</summary>
    public string Table
    {
        get
        {
            var width = Functions.Count == 0 ? 0 : Functions.Max(function => function.Name.Length);
            return Functions.Aggregate(new StringBuilder(), (text, function) => text.AppendLine().Append("  ")
                .Append(function.Name.PadRight(width)).Append("  ").Append(function.Trigger.Summary)
                .Append(function.Disabled ? "  (disabled)" : "")).ToString();
        }
    }

    /// <summary>Address for an Event Grid subscription of a function, with its key.</summary>
    public Uri EventGridWebhook(string function) => EventGridWebhook(Url, function, Keys.EventGrid);

    /// <summary>The same for a host elsewhere.</summary>
    public static Uri EventGridWebhook(Uri host, string function, string key) =>
        new(host, $"/runtime/webhooks/eventgrid?functionName={Uri.EscapeDataString(function)}&code={Uri.EscapeDataString(key)}");

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
        var index = Functions.Where(f => f is { Trigger: Trigger.Timer, Disabled: false }).Select(f => f.Name).ToList()
            .FindIndex(name => name.Equals(function, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            return false;
        }

        await _timers[index].FireAsync(isPastDue: false);
        return true;
    }

    /// <summary>Takes nothing new and waits for what runs.</summary>
    /// <param name="drain">False cancels the token of running functions; their messages are tried again.</param>
    public async Task StopAsync(bool drain)
    {
        await _stopFetching.CancelAsync();
        if (!drain)
        {
            await _stopFunctions.CancelAsync();
        }

        await _work;
        if (_web is not null)
        {
            await _web.StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _abandon.CancelAsync();
        await _stopFetching.CancelAsync();
        await _stopFunctions.CancelAsync();
        if (_web is not null)
        {
            await _web.DisposeAsync();
        }

        // A function that does not listen to its token is left behind.
        await Task.WhenAny(_work, Task.Delay(AbandonPatience, _time));
    }

    private async Task StartAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        StartedAt = _time.GetUtcNow();
        foreach (var function in Functions.Where(function => !function.Disabled))
        {
            switch (function.Trigger)
            {
                case Trigger.Queue queue:
                    _queues.Add(new QueueListener(
                        function, queue, HostSettings, _options.QueueLease, Invoker, _time, _log, _abandon.Token));
                    break;
                case Trigger.Timer timer:
                    _timers.Add(new TimerListener(function, timer, Invoker, _time));
                    break;
            }
        }

        _web = LoopbackWeb.Build(_options.Port, loggers, limits: limits => limits.MaxRequestBodySize = 100 * 1024 * 1024);
        HttpFunctions.Map(_web, this);
        await _web.StartAsync(cancellationToken);
        Url = LoopbackWeb.AddressOf(_web);
        _work = RunAsync();
        _log.FunctionTable(Url, Table);
    }

    private async Task RunAsync()
    {
        var depth = new QueueDepth(_queues, _time);
        var loops = _queues.Select(listener => listener.RunAsync(_stopFetching.Token))
            .Concat(_timers.Select(listener => listener.RunAsync(_stopFetching.Token)))
            .Append(depth.RunAsync(_stopFetching.Token))
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
