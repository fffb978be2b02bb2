namespace SlmOps.Contracts.Operator;

/// <summary>
/// How far a stage is in the middle of its work. There is one for work that goes on for more than ten seconds, written every five
/// seconds; it is gone when the work is done.
/// </summary>
public sealed record StageProgress
{
    /// <summary>Name of the stage, as in the flow: <c>quantize</c>.</summary>
    public required string Stage { get; init; }

    /// <summary>The variant that it works on; null when it works on the whole run.</summary>
    public string? Variant { get; init; }

    /// <summary>What it does now, one word or a few: <c>read</c>, <c>predict</c>.</summary>
    public required string Part { get; init; }

    /// <summary>How much of that part is done, 0 to 1; null when nobody can tell.</summary>
    public double? Fraction { get; init; }

    /// <summary>Bytes of that part that are done; null when it is not counted in bytes.</summary>
    public long? Bytes { get; init; }

    /// <summary>Bytes a second since the last time that this was written; null when it is not counted in bytes.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>What it waits for before it starts, with what it needs and what is free; null when it works.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>When the work began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When this was written.</summary>
    public required DateTimeOffset At { get; init; }
}
