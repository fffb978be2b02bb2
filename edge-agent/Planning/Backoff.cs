namespace SlmOps.EdgeAgent.Planning;

/// <summary>When to try again: exponential with full jitter, so that a fleet never retries in step.</summary>
internal static class Backoff
{
    /// <summary>Tries of one release on this device in a row, before the long wait.</summary>
    internal const int MaxAttempts = 3;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongWait = TimeSpan.FromHours(6);

    /// <summary>Longest wait that a server may ask for.</summary>
    internal static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(10);

    /// <summary>Uniform in [0, min(cap, first · 2^failures)).</summary>
    /// <param name="failures">Failures in a row before this wait, 0 for the first.</param>
    /// <param name="first">Upper bound of the first wait.</param>
    /// <param name="cap">Upper bound of every wait.</param>
    /// <param name="random">Source of the jitter.</param>
    internal static TimeSpan Delay(int failures, TimeSpan first, TimeSpan cap, Random random)
    {
        var bound = Math.Min(cap.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 30)));
        return TimeSpan.FromMilliseconds(bound * random.NextDouble());
    }

    /// <summary>
    /// The wait after a try that failed for a cause that may pass. After three in a row the device leaves service and disk
    /// alone for long.
    /// </summary>
    internal static TimeSpan AfterAttempt(int attempt, Random random) => attempt >= MaxAttempts
        ? LongWait + Delay(0, LongestRetry, LongestRetry, random)
        : Delay(attempt, FirstRetry, LongestRetry, random);

    /// <summary>What a server asked for, within bounds; null when it asked for nothing usable.</summary>
    internal static TimeSpan? Bounded(TimeSpan? retryAfter) => retryAfter switch
    {
        null => null,
        { Ticks: < 0 } => TimeSpan.Zero,
        { } asked => asked > LongestRetryAfter ? LongestRetryAfter : asked,
    };
}
