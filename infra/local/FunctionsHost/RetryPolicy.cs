namespace SlmOps.Local.FunctionsHost;

/// <summary>Retries of a function, as its attribute says them. Queues have their dequeue count; this is for timers.</summary>
/// <param name="Count">Most retries; -1 for no end.</param>
/// <param name="Shortest">First delay.</param>
/// <param name="Longest">Longest delay; the same as <paramref name="Shortest"/> for a fixed delay.</param>
internal sealed record RetryPolicy(int Count, TimeSpan Shortest, TimeSpan Longest)
{
    /// <summary>True when there is another retry after so many.</summary>
    public bool Allows(int retriesDone) => Count < 0 || retriesDone < Count;

    /// <summary>Delay before a retry.</summary>
    /// <param name="retry">Which one, from 1.</param>
    public TimeSpan DelayBefore(int retry)
    {
        var doubled = Shortest * Math.Pow(2, Math.Min(retry - 1, 30));
        return doubled < Longest ? doubled : Longest;
    }
}
