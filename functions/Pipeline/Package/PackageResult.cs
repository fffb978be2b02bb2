using SlmOps.Contracts;

namespace SlmOps.Pipeline.Package;

/// <summary>The packaged variants; none when all were refused.</summary>
internal sealed record PackageResult(IReadOnlyList<VariantOffer> Variants, long ElapsedMs)
{
    internal const string Row = "package";
}
