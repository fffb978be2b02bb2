using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local.EventGrid;

/// <summary>What came of a publish request.</summary>
internal enum PublishResult
{
    Accepted,
    UnknownTopic,

    /// <summary>Too many events wait for delivery.</summary>
    Busy,
}

/// <summary>What <see cref="EventGridEmulator.FlushAsync"/> found.</summary>
/// <param name="Waiting">Deliveries that failed and wait for their next attempt.</param>
/// <param name="NextAttempt">When the first of them is tried again.</param>
internal sealed record FlushReport(int Waiting, DateTimeOffset? NextAttempt);

/// <summary>
/// An Event Grid for one machine: topics that take events, subscriptions that filter them, deliveries to webhooks and
/// storage queues at least once. What it accepted survives a crash.
/// </summary>
internal sealed class EventGridEmulator : IAsyncDisposable
{
    private readonly EventGridOptions _options;
    private readonly DeliveryJournal _journal;
    private readonly HttpClient _http;
    private readonly LaneParts _parts;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<(string Topic, string Name), Lane> _lanes = new();
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pulse _progress = new();
    private readonly Lock _routing = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<(string, string)> _atRunTime = [];
    private WebApplication? _web;
    private bool _disposed;

    private EventGridEmulator(EventGridOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        Key = new PublishKey(options.Key);
        Log = new EventLog(options.LogCapacity, time);
        _journal = DeliveryJournal.Open(Folder, options.MaxWaiting);
        _http = LoopbackWeb.Client();
        _parts = new()
        {
            Journal = _journal,
            Webhooks = new WebhookSender(_http, options.WebhookTimeout, time),
            Queues = options.StorageConnectionString is { } queues ? new QueueSender(queues, options.QueueFilled) : null,
            DeadLetters = options.StorageConnectionString is { } blobs ? new DeadLetters(blobs) : null,
            Handshake = new Handshake(_http, options.WebhookTimeout, time),
            Schedule = new RetrySchedule(options.TimeScale, options.RetryJitter),
            ValidationUrl = (subscription, code) =>
                new Uri(Url, $"/topics/{subscription.Topic}/subscriptions/{subscription.Name}/validate?code={code}"),
            Random = () => RandomNumberGenerator.GetInt32(1000) / 1000.0,
            Progress = _progress,
            Opened = options.StartHeld ? _opened.Task : Task.CompletedTask,
            Time = time,
            Log = loggers.CreateLogger<EventGridEmulator>(),
        };
    }

    /// <summary>Address of the emulator.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The last events.</summary>
    public EventLog Log { get; }

    /// <summary>Checks publishers and administrators.</summary>
    internal PublishKey Key { get; }

    internal TimeProvider Time => _time;

    /// <summary>Ends with the failure of a part of the emulator; never by itself otherwise.</summary>
    public Task Completion => _broken.Task;

    private string Folder => Path.Combine(_options.DataFolder, "eventgrid");

    private string RunTimeFile => Path.Combine(Folder, "subscriptions.json");

    /// <summary>Starts the emulator and goes on with what an earlier run left undelivered.</summary>
    /// <exception cref="LocalPlatformException">When a subscription is wrong.</exception>
    public static async Task<EventGridEmulator> StartAsync(
        EventGridOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var emulator = new EventGridEmulator(options, time, loggers);
        try
        {
            emulator._web = LoopbackWeb.Build(options.Port, loggers);
            EventGridApi.Map(emulator._web, emulator);
            await emulator._web.StartAsync(cancellationToken);
            emulator.Url = LoopbackWeb.AddressOf(emulator._web);
            var earlier = await SubscriptionFile.ReadAsync(emulator.RunTimeFile, cancellationToken);
            foreach (var subscription in earlier)
            {
                emulator._atRunTime.Add((subscription.Topic, subscription.Name));
            }

            foreach (var subscription in earlier.Concat(options.Subscriptions))
            {
                await emulator.AddAsync(subscription, cancellationToken);
            }

            return emulator;
        }
        catch
        {
            await emulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>Deliveries begin, when they were held at start.</summary>
    public void Open() => _opened.TrySetResult();

    /// <summary>Address that a publisher client takes as the endpoint of a topic.</summary>
    public Uri TopicEndpoint(string topic) => new(Url, $"/topics/{topic}/api/events");

    /// <summary>True when the topic exists.</summary>
    public bool HasTopic(string topic) => _options.Topics.Contains(topic, StringComparer.OrdinalIgnoreCase);

    /// <summary>The subscriptions and whether their destinations are validated.</summary>
    public IReadOnlyList<(EventSubscription Subscription, bool Validated)> Subscriptions =>
        [.. _lanes.Values.Select(lane => (lane.Subscription, lane.Validated))];

    /// <summary>Takes events: when it returns, they are on the disk and on their way.</summary>
    public PublishResult Publish(string topic, IReadOnlyList<AcceptedEvent> events)
    {
        if (!HasTopic(topic))
        {
            return PublishResult.UnknownTopic;
        }

        // A lane must not be replaced between the choice of lanes and the hand-over.
        lock (_routing)
        {
            var lanes = _lanes.Values.Where(lane => Same(lane.Subscription.Topic, topic)).ToArray();
            var wanted = events
                .Select(item => (item, (IReadOnlyList<string>)
                    [.. lanes.Where(lane => lane.Subscription.Filter.Takes(item)).Select(lane => lane.Subscription.Name)]))
                .ToArray();
            var now = _time.GetUtcNow();
            if (_journal.Accept(wanted, now) is not { } entries)
            {
                return PublishResult.Busy;
            }

            Log.Append(events);
            foreach (var entry in entries)
            {
                foreach (var lane in lanes.Where(lane => entry.Waiting.Contains(lane.Subscription.Name)))
                {
                    lane.Add(new Delivery(entry.Number, entry.AcceptedAt, entry.Event), now);
                }
            }
        }

        return PublishResult.Accepted;
    }

    /// <summary>
    /// Adds or replaces a subscription without asking its webhook first; the handshake then comes before the first
    /// delivery. Deliveries that an earlier run left for it go on.
    /// </summary>
    /// <exception cref="LocalPlatformException">When its topic does not exist.</exception>
    public async Task AddAsync(EventSubscription subscription, CancellationToken cancellationToken)
    {
        if (!HasTopic(subscription.Topic))
        {
            throw new LocalPlatformException(
                $"Subscription '{subscription.Name}' is for topic '{subscription.Topic}', which does not exist; topics are "
                    + $"{string.Join(", ", _options.Topics)}."
            );
        }

        await _changing.WaitAsync(cancellationToken);
        try
        {
            await PutLaneAsync(new Lane(subscription, _parts));
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Adds or replaces a subscription at run time and remembers it; its webhook must agree first.</summary>
    public async Task<(HandshakeResult Result, string Why)> SubscribeAsync(
        EventSubscription subscription, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var lane = new Lane(subscription, _parts);
            var answer = lane.Validated ? (HandshakeResult.Accepted, "") : await lane.AskAsync(cancellationToken);
            if (answer.Item1 == HandshakeResult.Refused)
            {
                await lane.DisposeAsync();
                return answer;
            }

            await PutLaneAsync(lane);
            _atRunTime.Add((subscription.Topic, subscription.Name));
            await SaveAsync(cancellationToken);
            return answer;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Removes a subscription and what waits for it; false when there is none.</summary>
    public async Task<bool> UnsubscribeAsync(string topic, string name, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (Find(topic, name) is not { } lane || !_lanes.TryRemove((lane.Subscription.Topic, lane.Subscription.Name), out _))
            {
                return false;
            }

            await lane.DisposeAsync();
            foreach (var entry in _journal.Waiting.Where(entry => Same(entry.Event.Topic, topic)))
            {
                _journal.Settle(entry.Number, lane.Subscription.Name);
            }

            _atRunTime.Remove((lane.Subscription.Topic, lane.Subscription.Name));
            await SaveAsync(cancellationToken);
            _progress.Fire();
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>The owner of a webhook validates by hand; false when the code is wrong.</summary>
    public bool Validate(string topic, string name, string code)
    {
        if (Find(topic, name) is not { } lane || lane.ValidationCode != code)
        {
            return false;
        }

        lane.Validate();
        return true;
    }

    /// <summary>Returns when every delivery that is due has settled; retries that are due later are reported.</summary>
    public async Task<FlushReport> FlushAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var progress = _progress.Next;
            var now = _time.GetUtcNow();
            if (_lanes.Values.All(lane => lane.IsSettled(now)))
            {
                var waiting = _lanes.Values.Select(lane => lane.Waiting()).ToArray();
                return new FlushReport(waiting.Sum(lane => lane.Count), waiting.Min(lane => lane.Next));
            }

            await progress.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_web is not null)
        {
            await _web.DisposeAsync();
        }

        foreach (var lane in _lanes.Values)
        {
            await lane.DisposeAsync();
        }

        _journal.Dispose();
        _http.Dispose();
        _changing.Dispose();
    }

    private static bool Same(string topic, string other) => topic.Equals(other, StringComparison.OrdinalIgnoreCase);

    private Lane? Find(string topic, string name) => _lanes.Values.FirstOrDefault(
        lane => Same(lane.Subscription.Topic, topic) && Same(lane.Subscription.Name, name));

    private async Task PutLaneAsync(Lane lane)
    {
        if (Find(lane.Subscription.Topic, lane.Subscription.Name) is { } old)
        {
            // Still routable: what it is given from here on waits in the journal for its successor.
            await old.DisposeAsync();
        }

        _ = lane.Completion.ContinueWith(
            failed => _broken.TrySetException(failed.Exception!.InnerExceptions),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
        lock (_routing)
        {
            _lanes[(lane.Subscription.Topic, lane.Subscription.Name)] = lane;
            var now = _time.GetUtcNow();
            foreach (var entry in _journal.Waiting.Where(
                entry => Same(entry.Event.Topic, lane.Subscription.Topic) && entry.Waiting.Contains(lane.Subscription.Name)))
            {
                lane.Add(new Delivery(entry.Number, entry.AcceptedAt, entry.Event), now);
            }
        }
    }

    private Task SaveAsync(CancellationToken cancellationToken) => SubscriptionFile.WriteAsync(
        RunTimeFile,
        _lanes.Values.Select(lane => lane.Subscription).Where(s => _atRunTime.Contains((s.Topic, s.Name))),
        cancellationToken);
}
