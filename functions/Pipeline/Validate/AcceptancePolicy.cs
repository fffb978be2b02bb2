using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Validate;

/// <summary>Figures to verdict. Pure.</summary>
internal static class AcceptancePolicy
{
    internal static QualityVerdict Judge(AcceptanceLimits limits, VariantFigures figures, bool isOriginal)
    {
        var finite = figures.Perplexity is null || double.IsFinite(figures.Perplexity.Value);
        if (!finite)
        {
            return new(false, "perplexity is not a finite number");
        }

        if (isOriginal && figures.SqnrDb <= -OutputDifference.MaxSqnrDb)
        {
            return new(false, "its outputs are not finite numbers");
        }

        if (isOriginal)
        {
            return new(true, "the original");
        }

        if (figures is { PerplexityChange: null, Kl: null, Top1Agreement: null, SqnrDb: null, Cosine: null })
        {
            return new(false, "nothing was measured");
        }

        // NaN fails every comparison, so each limit is written as what must hold.
        var broken = new List<string>();
        Must(figures.PerplexityChange, change => change <= limits.MaxPerplexityIncrease,
            change => $"perplexity {Percent(change)} > {Percent(limits.MaxPerplexityIncrease)}");
        Must(figures.Kl, kl => kl <= limits.MaxKl, kl => $"KL {Show(kl)} > {Show(limits.MaxKl)}");
        Must(
            figures.Top1Agreement,
            share => share >= limits.MinTop1Agreement,
            share => $"top-1 agreement {Show(share)} < {Show(limits.MinTop1Agreement)}");
        Must(
            figures.Cosine,
            cosine => cosine >= limits.MinCosine,
            cosine => $"cosine of embeddings {Show(cosine)} < {Show(limits.MinCosine)}");
        Must(
            figures.Neighbours,
            share => share >= limits.MinNeighbours,
            share => $"nearest texts the same {Show(share)} < {Show(limits.MinNeighbours)}");

        // The direction of an embedding is what its user compares; noise that leaves it alone does no harm.
        Must(figures.Cosine is null ? figures.SqnrDb : null, decibel => decibel >= limits.MinSqnrDb,
            decibel => $"SQNR {Show(decibel)} dB < {Show(limits.MinSqnrDb)} dB");
        return broken.Count == 0 ? new(true, Praise(figures)) : new(false, string.Join(", ", broken));

        void Must(double? figure, Func<double, bool> holds, Func<double, string> say)
        {
            if (figure is { } value && !holds(value))
            {
                broken.Add(say(value));
            }
        }
    }

    private static string Praise(VariantFigures figures) => figures.PerplexityChange is { } change
        ? $"perplexity {Percent(change)}, KL {Show(figures.Kl ?? 0)}"
        : figures.Cosine is { } cosine ? $"cosine of embeddings {Show(cosine)}"
        : $"SQNR {Show(figures.SqnrDb ?? 0)} dB";

    private static string Percent(double share) => share.ToString("+0.00%;-0.00%;0.00%", CultureInfo.InvariantCulture);

    private static string Show(double number) => number.ToString("0.#####", CultureInfo.InvariantCulture);
}
