using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>An event as the log shows it.</summary>
internal sealed record LoggedEvent(long Number, string Topic, DateTimeOffset ReceivedAt, JsonElement Event);

/// <summary>A page of the log.</summary>
/// <param name="Next">Ask for events after this number next time.</param>
/// <param name="Events">What was found, oldest first.</param>
internal sealed record EventPage(long Next, IReadOnlyList<LoggedEvent> Events);

/// <summary>
/// The last events the emulator took, each once: at-least-once publishers repeat themselves with the same source and
/// id. Bounded; the oldest goes first.
/// </summary>
internal sealed class EventLog(int capacity, TimeProvider time)
{
    private const int MaxPage = 500;
    private readonly Lock _gate = new();
    private readonly Queue<LoggedEvent> _events = new();
    private readonly HashSet<(string Source, string Id)> _seen = [];
    private readonly Pulse _grown = new();
    private long _last;

    /// <summary>Appends the events that are not there yet.</summary>
    public void Append(IEnumerable<AcceptedEvent> events)
    {
        lock (_gate)
        {
            foreach (var item in events)
            {
                if (!_seen.Add((item.Source, item.Id)))
                {
                    continue;
                }

                _events.Enqueue(new LoggedEvent(++_last, item.Topic, time.GetUtcNow(), item.Body));
                if (_events.Count > capacity)
                {
                    var oldest = _events.Dequeue().Event;
                    _seen.Remove((oldest.GetProperty("source").GetString()!, oldest.GetProperty("id").GetString()!));
                }
            }
        }

        _grown.Fire();
    }

    /// <summary>Events after a number that match; waits for one up to the given time.</summary>
    /// <param name="after">0 from the oldest. A number from before a restart counts as 0.</param>
    /// <param name="type">Event type, or its start followed by <c>*</c>; null takes every type.</param>
    /// <param name="subject">Start of the subject; null takes every subject.</param>
    /// <param name="wait">Longest wait; zero answers at once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<EventPage> ReadAsync(
        long after, string? type, string? subject, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        while (true)
        {
            var (page, grown) = Look(after, type, subject);
            if (page.Events.Count > 0 || timeout.IsCancellationRequested)
            {
                return page;
            }

            try
            {
                await grown.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return Look(after, type, subject).Page;
            }
        }
    }

    private (EventPage Page, Task Grown) Look(long after, string? type, string? subject)
    {
        lock (_gate)
        {
            var from = after > _last ? 0 : after;
            var found = _events.Where(e => e.Number > from && Matches(e.Event, type, subject)).Take(MaxPage).ToArray();
            var next = found.Length == MaxPage ? found[^1].Number : _last;
            return (new EventPage(next, found), _grown.Next);
        }
    }

    private static bool Matches(JsonElement item, string? type, string? subject)
    {
        var actual = item.GetProperty("type").GetString()!;
        var typeFits = type switch
        {
            null or "" => true,
            [.. var start, '*'] => actual.StartsWith(start, StringComparison.OrdinalIgnoreCase),
            _ => actual.Equals(type, StringComparison.OrdinalIgnoreCase),
        };
        return typeFits && (string.IsNullOrEmpty(subject)
            || (item.TryGetProperty("subject", out var text)
                && text.GetString()?.StartsWith(subject, StringComparison.OrdinalIgnoreCase) == true));
    }
}
