namespace SlmOps.Pipeline.Runs;

/// <summary>A judgement: a value, never an exception.</summary>
internal sealed record QualityVerdict(bool Accepted, string Reason);
