namespace SlmOps.Local.EventGrid;

/// <summary>How to start the emulator.</summary>
/// <param name="DataFolder">It keeps its journal and its run-time subscriptions in <c>eventgrid</c> below it.</param>
/// <param name="Key">Base64 key that publishers and administrators send.</param>
/// <param name="Topics">Topic names.</param>
internal sealed record EventGridOptions(string DataFolder, string Key, IReadOnlyList<string> Topics)
{
    /// <summary>Wanted port; 0, or a port that is taken, becomes any free one.</summary>
    public int Port { get; init; }

    /// <summary>Account of destination queues and dead-letter containers; null when no subscription uses one.</summary>
    public string? StorageConnectionString { get; init; }

    /// <summary>Subscriptions at start.</summary>
    public IReadOnlyList<EventSubscription> Subscriptions { get; init; } = [];

    /// <summary>How many times faster retries and time to live run than in Azure.</summary>
    public double TimeScale { get; init; } = 1;

    /// <summary>Retries are late by up to this share of their delay.</summary>
    public double RetryJitter { get; init; } = 0.1;

    /// <summary>Longest wait for a webhook's answer.</summary>
    public TimeSpan WebhookTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Events kept in the log.</summary>
    public int LogCapacity { get; init; } = 10_000;

    /// <summary>Most events that may wait for delivery; above it publishing is refused with 503.</summary>
    public int MaxWaiting { get; init; } = 50_000;

    /// <summary>True to deliver nothing before <see cref="EventGridEmulator.Open"/>: subscribers may start meanwhile.</summary>
    public bool StartHeld { get; init; }

    /// <summary>Called with the queue name after a message was put into a storage queue.</summary>
    public Action<string>? QueueFilled { get; init; }
}
