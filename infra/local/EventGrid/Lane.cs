using Azure;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local.EventGrid;

/// <summary>What the lanes of one emulator share.</summary>
internal sealed record LaneParts
{
    public required DeliveryJournal Journal { get; init; }

    public required WebhookSender Webhooks { get; init; }

    public QueueSender? Queues { get; init; }

    public DeadLetters? DeadLetters { get; init; }

    public required Handshake Handshake { get; init; }

    public required RetrySchedule Schedule { get; init; }

    public required Func<EventSubscription, string, Uri> ValidationUrl { get; init; }

    public required Func<double> Random { get; init; }

    public required Pulse Progress { get; init; }

    public required Task Opened { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }
}

/// <summary>The deliveries of one subscription: a few workers take the ones that are due, oldest first.</summary>
internal sealed class Lane : IAsyncDisposable
{
    private const int Workers = 4;
    private static readonly TimeSpan DeadLetterRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DeadLetterLimit = TimeSpan.FromHours(4);

    private readonly LaneParts _parts;
    private readonly PriorityQueue<Delivery, (DateTimeOffset Due, long Number)> _queue = new();
    private readonly Lock _gate = new();
    private readonly Pulse _changed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly Task _work;
    private int _running;
    private volatile bool _validated;

    public Lane(EventSubscription subscription, LaneParts parts)
    {
        Subscription = subscription;
        _parts = parts;
        ValidationCode = Guid.NewGuid().ToString();
        _validated = subscription.Destination is not WebhookDestination;
        _work = Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync)));
    }

    public EventSubscription Subscription { get; }

    /// <summary>What the owner of the webhook must know to validate by hand.</summary>
    public string ValidationCode { get; }

    /// <summary>True when events may go to the destination.</summary>
    public bool Validated => _validated;

    /// <summary>Fails when the lane broke.</summary>
    public Task Completion => _work;

    public void Add(Delivery delivery, DateTimeOffset due)
    {
        lock (_gate)
        {
            _queue.Enqueue(delivery, (due, delivery.Number));
        }

        _changed.Fire();
    }

    /// <summary>True when nothing runs and nothing is due.</summary>
    public bool IsSettled(DateTimeOffset now)
    {
        lock (_gate)
        {
            return _running == 0 && (!_queue.TryPeek(out _, out var first) || first.Due > now);
        }
    }

    /// <summary>Deliveries that wait, and when the next is due.</summary>
    public (int Count, DateTimeOffset? Next) Waiting()
    {
        lock (_gate)
        {
            return (_queue.Count, _queue.TryPeek(out _, out var first) ? first.Due : null);
        }
    }

    /// <summary>Validated by hand.</summary>
    public void Validate()
    {
        _validated = true;
        _changed.Fire();
    }

    /// <summary>Runs the handshake unless it has succeeded before.</summary>
    public async Task<(HandshakeResult Result, string Why)> AskAsync(CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_validated)
            {
                return (HandshakeResult.Accepted, "");
            }

            var webhook = ((WebhookDestination)Subscription.Destination).Url;
            var answer = await _parts.Handshake.AskAsync(
                Subscription, webhook, ValidationCode, _parts.ValidationUrl(Subscription, ValidationCode), cancellationToken);
            _validated = answer.Result == HandshakeResult.Accepted;
            return answer;
        }
        finally
        {
            _asking.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _work;
        }
        catch (OperationCanceledException)
        {
            // What was not delivered stays in the journal.
        }

        _stop.Dispose();
        _asking.Dispose();
    }

    private async Task WorkAsync()
    {
        await _parts.Opened.WaitAsync(_stop.Token);
        while (true)
        {
            var delivery = await TakeAsync();
            try
            {
                await AttemptAsync(delivery, _stop.Token);
            }
            finally
            {
                lock (_gate)
                {
                    _running--;
                }

                _parts.Progress.Fire();
            }
        }
    }

    private async Task<Delivery> TakeAsync()
    {
        while (true)
        {
            _stop.Token.ThrowIfCancellationRequested();
            var changed = _changed.Next;
            DateTimeOffset? due = null;
            lock (_gate)
            {
                if (_queue.TryPeek(out var next, out var first))
                {
                    var now = _parts.Time.GetUtcNow();
                    if (first.Due <= now)
                    {
                        _running++;
                        return _queue.Dequeue();
                    }

                    due = first.Due;
                }
            }

            using var woken = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var left = due - _parts.Time.GetUtcNow();
            var timer = Task.Delay(Pause(left), _parts.Time, woken.Token);
            // The clock may have moved between the look at it and the start of the timer.
            if (due is null || due > _parts.Time.GetUtcNow())
            {
                await Task.WhenAny(changed, timer);
            }

            await woken.CancelAsync();
        }
    }

    private static TimeSpan Pause(TimeSpan? left) =>
        left is null ? Timeout.InfiniteTimeSpan : left > TimeSpan.Zero ? left.Value : TimeSpan.Zero;

    private async Task AttemptAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.DeadLetterReason is null)
        {
            delivery.DeadLetterReason = await DeliverAsync(delivery, cancellationToken);
            if (delivery.DeadLetterReason is null)
            {
                return;
            }

            _parts.Log.GaveUp(delivery.Event.Id, Subscription.Name, delivery.DeadLetterReason, delivery.Attempts, delivery.LastOutcome);
        }

        if (await WriteDeadLetterAsync(delivery, delivery.DeadLetterReason, cancellationToken))
        {
            _parts.Journal.Settle(delivery.Number, Subscription.Name);
        }
    }

    /// <summary>One attempt; returns a reason when the delivery is given up.</summary>
    private async Task<string?> DeliverAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var policy = Subscription.Retry;
        if (delivery.Attempts > 0 && _parts.Schedule.Expired(delivery.AcceptedAt, policy, _parts.Time.GetUtcNow()))
        {
            return "TimeToLiveExceeded";
        }

        delivery.Attempts++;
        delivery.LastAttempt = _parts.Time.GetUtcNow();
        var outcome = await SendAsync(delivery, cancellationToken);
        delivery.LastOutcome = outcome.Outcome;
        var next = _parts.Schedule.After(
            outcome, delivery.Attempts, policy, delivery.AcceptedAt, _parts.Time.GetUtcNow(), _parts.Random());
        switch (next)
        {
            case NextStep.RetryAt retry:
                _parts.Log.WillRetry(delivery.Event.Id, Subscription.Name, outcome.Outcome, delivery.Attempts, retry.Due);
                Add(delivery, retry.Due);
                return null;
            case NextStep.DeadLetter dead:
                return dead.Reason;
            default:
                _parts.Journal.Settle(delivery.Number, Subscription.Name);
                return null;
        }
    }

    private async Task<DeliveryOutcome> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        switch (Subscription.Destination)
        {
            case QueueDestination queue:
                return _parts.Queues is null
                    ? new(DeliveryKind.Final, "NoStorageAccount")
                    : await _parts.Queues.SendAsync(Subscription, queue.Queue, delivery.Event, cancellationToken);
            case WebhookDestination webhook:
                if (!_validated)
                {
                    var (result, why) = await AskAsync(cancellationToken);
                    if (result != HandshakeResult.Accepted)
                    {
                        _parts.Log.HandshakeFailed(Subscription.Name, why);
                        return new(DeliveryKind.Retriable, "ValidationFailed");
                    }
                }

                return await _parts.Webhooks.SendAsync(Subscription, webhook.Url, delivery.Event, delivery.Attempts, cancellationToken);
            default:
                throw new InvalidOperationException($"Subscription '{Subscription.Name}' has no known destination.");
        }
    }

    /// <summary>True when the delivery is settled: written, dropped by configuration, or dropped after the limit.</summary>
    private async Task<bool> WriteDeadLetterAsync(Delivery delivery, string reason, CancellationToken cancellationToken)
    {
        if (Subscription.DeadLetterContainer is null || _parts.DeadLetters is null)
        {
            return true;
        }

        var now = _parts.Time.GetUtcNow();
        delivery.DeadLetterSince ??= now;
        try
        {
            await _parts.DeadLetters.WriteAsync(Subscription, delivery, reason, now, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            _parts.Log.DeadLetterFailed(e, delivery.Event.Id, Subscription.Name, Subscription.DeadLetterContainer);
            if (now - delivery.DeadLetterSince >= _parts.Schedule.Scaled(DeadLetterLimit))
            {
                return true;
            }

            Add(delivery, now + _parts.Schedule.Scaled(DeadLetterRetry));
            return false;
        }
    }
}
