using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SlmOps.Local.Azurite;
using SlmOps.Local.EventGrid;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.StorageProxy;

namespace SlmOps.Local;

/// <summary>
/// Everything of SlmOps on this machine, in one process tree and one data folder: Azurite behind the proxy that raises
/// blob events, the Event Grid emulator, the functions host, and a front with health and metrics.
/// </summary>
public sealed class LocalPlatform : IAsyncDisposable
{
    /// <summary>Topic of the pipeline's own events.</summary>
    public const string Topic = "slmops";

    /// <summary>Topic of the storage account's events.</summary>
    public const string StorageTopic = "storage";

    private const long LogBytes = 32 * 1024 * 1024;

    private readonly LocalPlatformOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _log;
    private readonly FolderLock _lock;
    private readonly LocalKeys _keys;
    private readonly ActivityListener _listener;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AzuriteProcess? _azurite;
    private BlobProxy? _proxy;
    private EventGridEmulator? _events;
    private FunctionsPart? _functions;
    private WebApplication? _front;
    private bool _disposed;

    private LocalPlatform(LocalPlatformOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        DataFolder = PrivateFile.DataFolder(options.DataFolder);
        _lock = FolderLock.Take(DataFolder, time);
        try
        {
            var keys = LocalKeys.ReadOrCreate(DataFolder);
            _keys = options.PrivateStorage ? keys.WithStorage(DataFolder) : keys;
            _loggers = CreateLoggers(options.ConfigureLogging, DataFolder, "platform", time);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }

        _log = _loggers.CreateLogger<LocalPlatform>();
        _listener = LocalTelemetry.Listen();
    }

    /// <summary>Full path of the data folder.</summary>
    public string DataFolder { get; }

    /// <summary>Where everything is.</summary>
    public LocalEndpoints Endpoints { get; private set; } = null!;

    /// <summary>The functions, one line each; empty when they run elsewhere.</summary>
    public string FunctionTable => _functions?.Host.Table ?? "";

    /// <summary>Process id of Azurite.</summary>
    public int AzuriteProcessId => _azurite!.ProcessId;

    /// <summary>The event emulator.</summary>
    internal EventGridEmulator Events => _events!;

    /// <summary>Process id of the worker that runs the functions; 0 when there is none now.</summary>
    public int WorkerProcessId => _functions?.Host.WorkerProcessId ?? 0;

    /// <summary>Ends when the platform was stopped, and fails as soon as one of its parts dies.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Starts every part; it returns when all of them answer.</summary>
    /// <exception cref="LocalPlatformException">When a part cannot start; nothing is left running then.</exception>
    public static async Task<LocalPlatform> StartAsync(
        LocalPlatformOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var platform = new LocalPlatform(options, time);
        try
        {
            await platform.StartAsync(cancellationToken);
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when every event delivery that is due has settled.</summary>
    internal Task<FlushReport> FlushAsync(CancellationToken cancellationToken) => Events.FlushAsync(cancellationToken);

    /// <summary>Starts the functions, when the platform was started without them or they were killed.</summary>
    /// <exception cref="LocalPlatformException">When they cannot be served.</exception>
    public async Task StartFunctionsAsync(CancellationToken cancellationToken)
    {
        if (_functions is not null)
        {
            throw new InvalidOperationException("The functions run already.");
        }

        var functions = await FunctionsPart.StartAsync(
            _options, Endpoints, _keys, _time, _loggers, cancellationToken);
        _functions = functions;
        Watch("The functions host", functions.Host.Completion);
    }

    /// <summary>
    /// Ends the functions as a crash would: their worker is killed, nothing is completed or released, leases run out.
    /// </summary>
    public async Task KillFunctionsAsync()
    {
        if (Interlocked.Exchange(ref _functions, null) is { } functions)
        {
            await functions.DisposeAsync();
        }
    }

    /// <summary>State of each part, asked over its own address.</summary>
    public Task<IReadOnlyDictionary<string, string>> HealthAsync(CancellationToken cancellationToken) => LocalFront.AskAsync(
        new Dictionary<string, (Uri, Task)>
        {
            ["azurite-blob"] = (_azurite!.Endpoints.Blob, _azurite.Completion),
            ["azurite-queue"] = (_azurite.Endpoints.Queue, _azurite.Completion),
            ["azurite-table"] = (_azurite.Endpoints.Table, _azurite.Completion),
            ["storage-proxy"] = (_proxy!.Url, Completion),
            ["event-grid"] = (_events!.Url, _events.Completion),
            ["functions"] = (Endpoints.FunctionsUrl, _functions?.Host.Completion ?? Completion),
        },
        cancellationToken);

    /// <summary>Stops every part, the functions first; their messages and the events stay for the next start.</summary>
    public async Task StopAsync()
    {
        _completion.TrySetResult();
        if (_functions is not null)
        {
            await _functions.StopAsync();
        }

        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _completion.TrySetResult();
        EndpointsFile.Delete(DataFolder);
        IAsyncDisposable?[] parts = [_front, _functions, _proxy, _events, _azurite];
        foreach (var part in parts)
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        _listener.Dispose();
        _loggers.Dispose();
        _lock.Dispose();
    }

    internal static ILoggerFactory CreateLoggers(Action<ILoggingBuilder>? more, string folder, string name, TimeProvider time) =>
        LoggerFactory.Create(logging =>
        {
            logging.SetMinimumLevel(LogLevel.Information)
                .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
                .AddFilter("Yarp", LogLevel.Warning)
                .AddFilter("Grpc", LogLevel.Warning)
                .AddFilter("Microsoft.Hosting", LogLevel.Warning)
#pragma warning disable CA2000 // The factory disposes of its providers.
                .AddProvider(new JsonLineLog(Path.Combine(folder, "logs", $"{name}.jsonl"), LogBytes, time));
#pragma warning restore CA2000
            more?.Invoke(logging);
        });

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var ports = _options.Ports;
        var functionsUrl = new Uri($"http://127.0.0.1:{LoopbackPort.Choose(ports.Functions)}");
        var subscriptions = await SubscriptionFile.ReadAsync(
            _options.EventsFile ?? Path.Combine(DataFolder, "events.json"), cancellationToken);
        _azurite = await AzuriteProcess.StartAsync(
            new AzuriteOptions(_options.RepoRoot, DataFolder)
            {
                QueuePort = ports.Queue,
                TablePort = ports.Table,
                Key = _options.PrivateStorage ? _keys.Storage! : AzuriteEndpoints.WellKnownKey,
            },
            _time, cancellationToken);
        _events = await StartEventsAsync(subscriptions, cancellationToken);
        _proxy = await BlobProxy.StartAsync(
            new BlobProxyOptions(_azurite.Endpoints.Blob, _azurite.Endpoints.ConnectionString, RaiseBlobEvent) { Port = ports.Blob },
            _time, _loggers, cancellationToken);
        _front = LocalFront.Build(ports.Front, this, _loggers);
        await _front.StartAsync(cancellationToken);
        Endpoints = new()
        {
            StorageConnectionString = _azurite.Endpoints.ConnectionStringWithBlob(_proxy.Url),
            EventGridTopicEndpoint = _events.TopicEndpoint(Topic),
            EventGridKey = _keys.EventGridTopic,
            FunctionsUrl = functionsUrl,
            FunctionsKey = _keys.Functions,
            OperatorKey = _keys.Operator,
            EnrolmentToken = _keys.GroupToken,
            FrontUrl = LoopbackWeb.AddressOf(_front),
            DataFolder = DataFolder,
        };
        EndpointsFile.Write(Endpoints);
        if (_options.WithFunctions)
        {
            await StartFunctionsAsync(cancellationToken);
        }

        _events.Open();
        _lock.SetUrl(Endpoints.FrontUrl, _time);
        Watch("Azurite", _azurite.Completion);
        Watch("The Event Grid emulator", _events.Completion);
        _log.PlatformStarted(Endpoints.FrontUrl, DataFolder);
    }

    private Task<EventGridEmulator> StartEventsAsync(
        IReadOnlyList<EventSubscription> subscriptions, CancellationToken cancellationToken) =>
        EventGridEmulator.StartAsync(
            new EventGridOptions(DataFolder, _keys.EventGridTopic, [Topic, StorageTopic])
            {
                Port = _options.Ports.EventGrid,
                StorageConnectionString = _azurite!.Endpoints.ConnectionString,
                Subscriptions =
                [
                    .. LocalSubscriptions.BlobUploads,
                    LocalSubscriptions.RolloutStarts,
                    .. subscriptions,
                ],
                TimeScale = _options.EventTimeScale,
                StartHeld = true,
                QueueFilled = queue => _functions?.Host.Notify(queue),
            },
            _time, _loggers, cancellationToken);

    private void RaiseBlobEvent(System.Text.Json.JsonElement body)
    {
        var result = _events!.Publish(StorageTopic, [AcceptedEvent.From(StorageTopic, body)]);
        if (result != PublishResult.Accepted)
        {
            throw new LocalPlatformException($"The event emulator refused a blob event: {result}.");
        }
    }

    private void Watch(string part, Task completion) => completion.ContinueWith(
        done =>
        {
            if (_completion.Task.IsCompleted)
            {
                return;
            }

            var why = done.Exception!.InnerException!;
            _log.PartDied(why, part);
            _completion.TrySetException(new LocalPlatformException(
                $"{part} has stopped: {why.Message} The platform cannot go on; see {Path.Combine(DataFolder, "logs")}.", why));
        },
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);
}
