using SlmOps.Contracts;
using SlmOps.Packaging.Statements;

namespace SlmOps.Pipeline.Runs;

/// <summary>The packaged variants and the documents about them; none when all were refused.</summary>
internal sealed record PackageResult(IReadOnlyList<VariantOffer> Variants, IReadOnlyList<Attestation> Attestations) : StageResult
{
    internal const string Row = "package";

    /// <summary>Accepted variants that were not packaged, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> LeftOut { get; init; } = new Dictionary<string, string>();
}
