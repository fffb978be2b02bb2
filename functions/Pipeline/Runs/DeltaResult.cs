using SlmOps.Packaging.Tuf;

namespace SlmOps.Pipeline.Runs;

/// <summary>The shortcuts to the variants of a run; none for the first release of a model.</summary>
internal sealed record DeltaResult(IReadOnlyList<DeltaOffer> Offers) : StageResult
{
    /// <summary>Pairs of variants that were tried; 0 in results from before it was counted.</summary>
    public int Pairs { get; init; }

    internal const string Row = "deltas";
}
