using Microsoft.Extensions.Time.Testing;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>A clock that stands still and tells when somebody starts to wait for a given time.</summary>
internal sealed class WatchedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TimeSpan, TaskCompletionSource> _waits = [];

    internal Task WaitOf(TimeSpan time) => Source(time).Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Source(dueTime).TrySetResult();
        return timer;
    }

    private TaskCompletionSource Source(TimeSpan time)
    {
        lock (_lock)
        {
            return _waits.TryGetValue(time, out var source)
                ? source
                : _waits[time] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
