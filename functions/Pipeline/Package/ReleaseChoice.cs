using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Package;

/// <summary>
/// Which accepted variants no device would be better off with: those in which nothing changed, and those that another one
/// beats in size, loss and speed at once without asking for a newer runtime. Pure.
/// </summary>
internal static class ReleaseChoice
{
    /// <summary>Name of each variant that is left out, and why.</summary>
    internal static IReadOnlyDictionary<string, string> LeftOut(
        IReadOnlyList<ValidateResult> judged, IReadOnlyList<QuantizeResult> built, IReadOnlyList<LabResult> tried)
    {
        var builds = built.ToDictionary(build => build.Variant);
        var accepted = judged.Where(one => one.Verdict.Accepted && builds.ContainsKey(one.Variant)).ToList();
        var reasons = new Dictionary<string, string>();
        foreach (var one in accepted.Where(one => builds[one.Variant].Recipe != VariantOffer.OriginalRecipe))
        {
            if (builds[one.Variant].Quantized == 0)
            {
                reasons[one.Variant] = $"recipe {builds[one.Variant].Recipe} changed none of its weights, so it is the original again";
            }
            else if (accepted.Find(other => other != one
                && Beats(other, builds[other.Variant], one, builds[one.Variant]) && GoesWhere(one, other, tried)) is { } better)
            {
                reasons[one.Variant] = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{better.Variant} is smaller ({builds[better.Variant].Bytes} bytes to {builds[one.Variant].Bytes}), loses less and "
                        + $"is faster ({better.Figures.TokensPerSecond:0} a second to {one.Figures.TokensPerSecond:0})"
                );
            }
        }

        return reasons;
    }

    /// <summary>True when no device that would have one is without the other: where the lab said nothing, both go.</summary>
    private static bool GoesWhere(ValidateResult one, ValidateResult other, IReadOnlyList<LabResult> tried) =>
        !FailedOn(other, tried).Except(FailedOn(one, tried)).Any();

    private static IReadOnlyList<string> FailedOn(ValidateResult judged, IReadOnlyList<LabResult> tried) =>
        LabChoice.Classes(LabChoice.OutcomesOf(judged.Variant, tried)).Failed;

    /// <summary>Every part is a strict order, so no two variants can beat each other and the best is never left out.</summary>
    private static bool Beats(ValidateResult a, QuantizeResult builtA, ValidateResult b, QuantizeResult builtB) =>
        builtA.Bytes < builtB.Bytes
        && Loss(a) < Loss(b)
        && a.Figures.TokensPerSecond > b.Figures.TokensPerSecond
        && Version.TryParse(builtA.MinimumOrt, out var needsA) && Version.TryParse(builtB.MinimumOrt, out var needsB) && needsA <= needsB;

    // Variants of one model are measured alike. What was not measured is less than nothing, so it beats nothing.
    private static double? Loss(ValidateResult judged) => judged.Figures switch
    {
        { Kl: { } divergence } => divergence,
        { Cosine: { } cosine } => 1 - cosine,
        { SqnrDb: { } decibel } => -decibel,
        _ => null,
    };
}
