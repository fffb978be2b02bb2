namespace SlmOps.Local;

/// <summary>Wakes everybody who waits. Take <see cref="Next"/> before looking at what may change, then wait for it.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends at the next <see cref="Fire"/>.</summary>
    public Task Next => Volatile.Read(ref _source).Task;

    public void Fire() =>
        Interlocked.Exchange(ref _source, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
