namespace SlmOps.Pipeline.Runs;

/// <summary>A judgement: a value, never an exception.</summary>
internal sealed record QualityVerdict(bool Accepted, string Reason)
{
    /// <summary>What helps, where it is something else than another recipe or other limits.</summary>
    public string? Cure { get; init; }
}
