namespace SlmOps.Cli.Push;

/// <summary>
/// Counts what goes to storage. The rate is that of the last seconds, and what was there before does not make it faster.
/// </summary>
/// <param name="total">Bytes in all.</param>
/// <param name="time">Clock.</param>
internal sealed class TransferMeter(long total, TimeProvider time)
{
    private const int Looks = 16;

    private readonly Queue<(long At, long Sent)> _looks = new([(time.GetTimestamp(), 0)]);
    private long _sent;
    private long _found;

    /// <summary>Bytes that went out; less than zero for those of an attempt that failed.</summary>
    internal void Sent(long bytes) => Interlocked.Add(ref _sent, bytes);

    /// <summary>Bytes that need not be sent, because they are there.</summary>
    internal void Found(long bytes) => Interlocked.Add(ref _found, bytes);

    /// <summary>Where it is. Asked for in even steps, because the rate goes over the last so many looks.</summary>
    internal TransferState Look()
    {
        var (now, sent) = (time.GetTimestamp(), Interlocked.Read(ref _sent));
        var (since, before) = _looks.Peek();
        _looks.Enqueue((now, sent));
        if (_looks.Count > Looks)
        {
            _looks.Dequeue();
        }

        var seconds = time.GetElapsedTime(since, now).TotalSeconds;
        return new(total, sent + Interlocked.Read(ref _found), Interlocked.Read(ref _found), seconds > 0 ? (sent - before) / seconds : 0);
    }
}

/// <summary>How far a transfer is.</summary>
/// <param name="Total">Bytes in all.</param>
/// <param name="Done">Bytes in storage.</param>
/// <param name="Found">Those of them that were there before.</param>
/// <param name="BytesPerSecond">Rate of the last seconds.</param>
internal readonly record struct TransferState(long Total, long Done, long Found, double BytesPerSecond)
{
    /// <summary>How long the rest takes at this rate; null when nothing moves.</summary>
    internal TimeSpan? Left => BytesPerSecond >= 1 ? TimeSpan.FromSeconds(Math.Min((Total - Done) / BytesPerSecond, 1e8)) : null;
}
