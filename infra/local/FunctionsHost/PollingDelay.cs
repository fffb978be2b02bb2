namespace SlmOps.Local.FunctionsHost;

/// <summary>Pauses between looks at an empty queue: doubling from 100 ms to the limit, each off by up to a fifth.</summary>
internal static class PollingDelay
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <param name="empty">Looks in a row that found nothing, from 1.</param>
    /// <param name="limit">Longest pause.</param>
    /// <param name="random">In [0, 1).</param>
    public static TimeSpan After(int empty, TimeSpan limit, double random)
    {
        var doubled = Shortest * Math.Pow(2, Math.Min(empty - 1, 30));
        var pause = doubled * (0.8 + (0.4 * random));
        return pause < Shortest ? Shortest : pause > limit ? limit : pause;
    }
}
