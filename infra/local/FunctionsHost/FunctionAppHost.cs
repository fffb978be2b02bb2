using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SlmOps.Local.Workers;
using SlmOps.Local.Workers.Protocol;
using Yarp.ReverseProxy.Forwarder;

namespace SlmOps.Local.FunctionsHost;

/// <summary>
/// Runs a built isolated app in a worker process, with the real host's semantics. <see cref="StopAsync"/> is an orderly
/// end; disposing without it abandons what runs, as a killed host would.
/// </summary>
internal sealed class FunctionAppHost : IAsyncDisposable
{
    private const long MaxBodyBytes = 100 * 1024 * 1024;

    /// <summary>How long functions that were cancelled may take to end.</summary>
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopFunctions = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly FunctionsHostOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private WorkerSupervisor? _workers;
    private Listeners? _listeners;
    private WebApplication? _web;
    private bool _disposed;

    private FunctionAppHost(FunctionsHostOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _log = loggers.CreateLogger<FunctionAppHost>();
        if (options.QueueLease < TimeSpan.FromSeconds(1) || options.QueueLease > TimeSpan.FromDays(7))
        {
            throw new LocalPlatformException($"The queue lease is {options.QueueLease}; storage takes 1 second to 7 days.");
        }
    }

    /// <summary>Address of the host.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The functions that the worker announced.</summary>
    public IReadOnlyList<FunctionDescriptor> Functions { get; private set; } = [];

    /// <summary>Fails when a listener broke; ends when the host has stopped.</summary>
    public Task Completion => _listeners?.Completion ?? Task.CompletedTask;

    /// <summary>Process id of the worker; 0 while a new one starts.</summary>
    public int WorkerProcessId => _workers?.ProcessId ?? 0;

    internal Invoker Invoker { get; private set; } = null!;

    internal HostKeys Keys => _options.Keys;

    internal DateTimeOffset StartedAt { get; private set; }

    /// <summary>Starts the worker, listens and serves.</summary>
    /// <param name="options">App, settings and keys.</param>
    /// <param name="time">Clock.</param>
    /// <param name="loggers">Logs.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="LocalPlatformException">When the app or its settings are wrong; nothing is left running then.</exception>
    public static async Task<FunctionAppHost> StartAsync(
        FunctionsHostOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var host = new FunctionAppHost(options, time, loggers);
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

    /// <summary>Something was put into a queue: its listeners look at once.</summary>
    public void Notify(string queue) => _listeners?.Notify(queue);

    /// <summary>Runs a timer function now; false when there is no such function.</summary>
    public Task<bool> FireTimerAsync(string function) => _listeners!.FireTimerAsync(function);

    /// <summary>The worker that can take a request, as soon as there is one.</summary>
    public Task<WorkerSession> WorkerAsync(CancellationToken cancellationToken) => _workers!.ReadyAsync(cancellationToken);

    /// <summary>
    /// Takes nothing new, lets what runs go on for a while, then cancels it and waits for the last time; then the worker is
    /// told to end. Messages of functions that did not finish are tried again.
    /// </summary>
    public async Task StopAsync()
    {
        if (_listeners is null)
        {
            return;
        }

        _log.HostStopping(Invoker.Running);
        if (!await _listeners.DrainAsync(_options.StopGrace, _stopFunctions.CancelAsync, CancelPatience))
        {
            // What still runs goes with the worker; its message comes back.
            await _abandon.CancelAsync();
        }

        if (_web is not null)
        {
            await _web.StopAsync();
        }

        await _workers!.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _abandon.CancelAsync();
        if (_listeners is not null)
        {
            await _listeners.StopAsync();
        }

        // Before anything is cancelled: a crash would not let functions finish either.
        if (_workers is not null)
        {
            await _workers.DisposeAsync();
        }

        await _stopFunctions.CancelAsync();
        if (_web is not null)
        {
            await _web.DisposeAsync();
        }

        // With the worker, whatever ran in it has ended.
        await Task.WhenAny(Completion);
        _listeners?.Dispose();
    }

    private async Task StartAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        StartedAt = _time.GetUtcNow();
        var settings = Settings.From(_options.Settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        var hostSettings = HostSettings.Read(_options.App.HostJson, settings);
        _workers = await WorkerSupervisor.StartAsync(
            _options.App,
            _options.Settings,
            new WorkerRecords(_options.RecordFolder),
            _options.ConsoleRecords,
            _time,
            loggers,
            cancellationToken);
        var worker = await _workers.ReadyAsync(cancellationToken);
        Functions = FunctionCatalog.Read(worker.Functions, settings, hostSettings);
        foreach (var function in Functions.Where(function => function.Trigger is Trigger.NotServed))
        {
            _log.NotServed(function.Name, function.Trigger.Summary);
        }

        Invoker = new Invoker(CallAsync, OverdueAsync, hostSettings, _time, _log, _stopFunctions.Token);
        _listeners = new Listeners(
            Functions, hostSettings, _options.QueueLease, Invoker, _workers.ReadyAsync, _time, _log, _abandon.Token);
        _web = LoopbackWeb.Build(
            _options.Port,
            loggers,
            services => services.AddHttpForwarder(),
            limits =>
            {
                limits.MaxRequestBodySize = MaxBodyBytes;
                limits.MinRequestBodyDataRate = LoopbackWeb.BodyRate(_options.BodyPatience);
            });
        HttpFunctions.Map(_web, this);
        await _web.StartAsync(cancellationToken);
        Url = LoopbackWeb.AddressOf(_web);
        _listeners.Start();
        _log.FunctionTable(Url, Table);
    }

    private async Task<InvocationResponse> CallAsync(
        FunctionDescriptor function, string invocationId, InvocationRequest request, CancellationToken cancellationToken)
    {
        var worker = await _workers!.ReadyAsync(cancellationToken);
        return await worker.InvokeAsync(function.Name, request, invocationId, cancellationToken);
    }

    private async Task OverdueAsync(FunctionDescriptor function)
    {
        if (_workers!.Current is { } worker)
        {
            await _workers.RestartAsync(worker, $"function '{function.Name}' ran longer than functionTimeout");
        }
    }
}
