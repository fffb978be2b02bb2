using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>The one measure of quality by which the variants of a release are compared.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Tolerance">Most that the balanced preference gives away.</param>
/// <param name="Of">Loss of a variant, 0 for the original; infinite when it was not measured.</param>
internal sealed record VariantLoss(string Name, double Tolerance, Func<VariantOffer, double> Of)
{
    // A mean divergence of ln 1.01 nats is what a perplexity change of 1 % amounts to; 30 dB is noise of 1/1000 of
    // the signal's power, below what a classifier's decision or a regressor's use commonly notices.
    private static readonly VariantLoss PerplexityChange =
        new("perplexity change", 0.01, offer => Measured(offer.Figures.PerplexityChange));

    private static readonly VariantLoss Divergence =
        new("divergence", Math.Log(1.01), offer => Measured(offer.Figures.Kl));

    private static readonly VariantLoss Noise =
        new("noise", 1e-3, offer => offer.Figures.SqnrDb is { } db ? Measured(Math.Pow(10, -db / 10)) : Unmeasured(offer));

    /// <summary>The first measure that was taken for any of the variants.</summary>
    internal static VariantLoss For(IReadOnlyList<VariantOffer> offers) =>
        offers.Any(offer => offer.Figures.PerplexityChange is not null) ? PerplexityChange
        : offers.Any(offer => offer.Figures.Kl is not null) ? Divergence
        : Noise;

    private static double Measured(double? value) => value is { } loss && !double.IsNaN(loss) ? loss : double.PositiveInfinity;

    // The original has no noise against itself, and a ratio without noise has no decibels to write down.
    private static double Unmeasured(VariantOffer offer) => offer.Recipe == VariantOffer.OriginalRecipe ? 0 : double.PositiveInfinity;
}
