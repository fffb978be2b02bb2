namespace SlmOps.Pipeline.Presence;

/// <summary>The time, and how much of it the service was there for.</summary>
internal sealed record ServiceClock(DateTimeOffset Now, ServicePresence Presence, TimeSpan Interval)
{
    /// <summary>An agent says something every five minutes or more often; one that missed three is offline.</summary>
    internal static readonly TimeSpan OfflineAfter = TimeSpan.FromMinutes(15);

    /// <summary>A clock of a service that was never away.</summary>
    internal ServiceClock(DateTimeOffset now)
        : this(now, ServicePresence.Never, TimeSpan.Zero)
    {
    }

    /// <summary>How long something is waited for that could have come since then.</summary>
    internal TimeSpan Elapsed(DateTimeOffset since) => Presence.Elapsed(since, Now, Interval);

    /// <summary>True when a device that was heard of then counts among the living.</summary>
    internal bool IsRecent(DateTimeOffset seen) => Elapsed(seen) <= OfflineAfter;
}
