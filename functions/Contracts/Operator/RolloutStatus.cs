namespace SlmOps.Contracts.Operator;

/// <summary>A release on its way through the rings of a channel.</summary>
public sealed record RolloutStatus
{
    /// <summary>Rollout id.</summary>
    public required string Id { get; init; }

    /// <summary>Channel.</summary>
    public required ChannelName Channel { get; init; }

    /// <summary>What is rolled out.</summary>
    public required ReleaseRef Release { get; init; }

    /// <summary>What the channel ran before, or null.</summary>
    public ReleaseRef? Previous { get; init; }

    /// <summary>State.</summary>
    public required RolloutState State { get; init; }

    /// <summary>0-based index of the ring that is open last.</summary>
    public required int CurrentRing { get; init; }

    /// <summary>Rings in order.</summary>
    public required IReadOnlyList<RingStatus> Rings { get; init; }

    /// <summary>How long an activated release must stay well on a device, in seconds.</summary>
    public required int SoakSeconds { get; init; }

    /// <summary>A device of an open ring that says nothing for so many seconds is silent.</summary>
    public required int DeadlineSeconds { get; init; }

    /// <summary>Why it is in this state, for machines.</summary>
    public string? ReasonCode { get; init; }

    /// <summary>The same in one sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it reached a final state.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>One ring of a rollout.</summary>
/// <param name="Name">Ring name.</param>
/// <param name="Fraction">Share of the devices that the selector matches, 0 to 1; cumulative over rings.</param>
/// <param name="Selector">Labels that a device must have; empty for all.</param>
/// <param name="State">State.</param>
/// <param name="StartedAt">When it was opened.</param>
/// <param name="Reason">Its verdict in one sentence.</param>
public sealed record RingStatus(
    string Name, double Fraction, IReadOnlyDictionary<string, string> Selector, RingState State, DateTimeOffset? StartedAt, string? Reason);
