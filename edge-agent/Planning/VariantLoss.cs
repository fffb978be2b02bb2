using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>The one measure of quality by which the variants of a release are compared.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Tolerance">Most that the balanced preference gives away.</param>
/// <param name="Of">Loss of a variant, 0 for the original; infinite when it was not measured.</param>
internal sealed record VariantLoss(string Name, double Tolerance, Func<VariantOffer, double> Of)
{
    // A mean divergence of ln 1.01 nats is what a perplexity change of 1 % amounts to. The other two lie between what 8 bits
    // and what 4 bits were measured to cost: cosines of 0.9996 and 0.97 for a trained sentence encoder, 28 to 43 dB and
    // 12 to 24 dB for models from six layers down to one.
    private static readonly VariantLoss PerplexityChange =
        new("perplexity change", 0.01, offer => Measured(offer.Figures.PerplexityChange));

    private static readonly VariantLoss Divergence =
        new("divergence", Math.Log(1.01), offer => Measured(offer.Figures.Kl));

    private static readonly VariantLoss Noise =
        new("noise", 3.2e-3, offer => offer.Figures.SqnrDb is { } db ? Measured(Math.Pow(10, -db / 10)) : Unmeasured(offer));

    private static readonly VariantLoss Distance =
        new("distance of embeddings", 0.005, offer => Measured(1 - offer.Figures.Cosine));

    /// <summary>The first measure that was taken for any of the variants.</summary>
    internal static VariantLoss For(IReadOnlyList<VariantOffer> offers) =>
        offers.Any(offer => offer.Figures.PerplexityChange is not null) ? PerplexityChange
        : offers.Any(offer => offer.Figures.Kl is not null) ? Divergence
        : offers.Any(offer => offer.Figures.Cosine is not null) ? Distance
        : Noise;

    private static double Measured(double? value) => value is { } loss && !double.IsNaN(loss) ? loss : double.PositiveInfinity;

    // The original has no noise against itself, and a ratio without noise has no decibels to write down.
    private static double Unmeasured(VariantOffer offer) => offer.Recipe == VariantOffer.OriginalRecipe ? 0 : double.PositiveInfinity;
}
