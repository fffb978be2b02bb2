namespace SlmOps.Local.EventGrid;

/// <summary>One event on its way to one subscription.</summary>
internal sealed class Delivery(long number, DateTimeOffset acceptedAt, AcceptedEvent item)
{
    /// <summary>Number of the journal entry.</summary>
    public long Number => number;

    public DateTimeOffset AcceptedAt => acceptedAt;

    public AcceptedEvent Event => item;

    /// <summary>Attempts made since this process took it up.</summary>
    public int Attempts { get; set; }

    public DateTimeOffset? LastAttempt { get; set; }

    public string LastOutcome { get; set; } = "";

    /// <summary>Set when it was given up and only the dead letter is still to be written.</summary>
    public string? DeadLetterReason { get; set; }

    public DateTimeOffset? DeadLetterSince { get; set; }
}
