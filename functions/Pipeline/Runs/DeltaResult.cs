using SlmOps.Packaging;

namespace SlmOps.Pipeline.Runs;

/// <summary>The shortcuts to the variants of a run; none for the first release of a model.</summary>
internal sealed record DeltaResult(IReadOnlyList<DeltaOffer> Offers, long ElapsedMs)
{
    internal const string Row = "deltas";
}
