namespace SlmOps.Local.Workers;

/// <summary>How long to wait before a worker is started again: nothing the first time, then 1 s, doubling to 5 s: whoever develops an app waits for it.</summary>
internal static class RestartDelay
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>A worker that ran so long ended for a reason of its own.</summary>
    public static readonly TimeSpan Healthy = TimeSpan.FromSeconds(10);

    /// <param name="failures">Workers in a row that ended before they were <see cref="Healthy"/>, from 1.</param>
    public static TimeSpan After(int failures) => failures <= 1
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(failures - 2, 10)), Longest.TotalSeconds));
}
