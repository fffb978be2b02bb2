namespace SlmOps.Inference;

/// <summary>How far the outputs of a candidate are from its baseline's, over all samples.</summary>
/// <param name="SqnrDb">Lowest <see cref="OutputDifference.SqnrDb"/> of all outputs.</param>
/// <param name="Cosine">Lowest <see cref="OutputDifference.Cosine"/> of all outputs.</param>
/// <param name="Outputs">Each output that is a tensor of numbers.</param>
/// <param name="BaselineLatencyMs">Best time of one run of the baseline, in milliseconds.</param>
/// <param name="LatencyMs">The same for the candidate.</param>
/// <param name="PeakBytes">Growth of the process's resident memory while the candidate alone was opened and ran; other work of the process at that time counts too.</param>
/// <param name="LoadMs">Milliseconds to open the candidate.</param>
/// <param name="Samples">Sets of inputs compared.</param>
public sealed record OutputComparisonResult(
    double SqnrDb,
    double Cosine,
    IReadOnlyList<OutputDifference> Outputs,
    double BaselineLatencyMs,
    double LatencyMs,
    long PeakBytes,
    double LoadMs,
    int Samples)
{
    /// <summary>For encoders: how alike the embeddings of whole texts are; null for other models.</summary>
    public EmbeddingAgreement? Embeddings { get; init; }
}

/// <summary>How far one output is from the baseline's.</summary>
/// <param name="Name">Output name.</param>
/// <param name="SqnrDb">
/// 10·log10(Σ x² / Σ (x − y)²) over all elements and samples, in decibels, within ±<see cref="MaxSqnrDb"/>; equal outputs
/// have the highest, outputs of another shape or that are not numbers the lowest.
/// </param>
/// <param name="Cosine">Σ xy / √(Σ x² · Σ y²); 1 when both are zero throughout, −1 for outputs of another shape or that are not numbers.</param>
/// <param name="MaxAbsoluteError">Largest |x − y|.</param>
public sealed record OutputDifference(string Name, double SqnrDb, double Cosine, double MaxAbsoluteError)
{
    /// <summary>Bound of <see cref="SqnrDb"/>; more than float64 could tell apart.</summary>
    public const double MaxSqnrDb = 200;
}
