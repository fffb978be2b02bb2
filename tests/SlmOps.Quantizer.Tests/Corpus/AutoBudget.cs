using System.Globalization;
using System.Text.RegularExpressions;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Size budgets for the corpus, and whether recipe auto kept to what it was given.</summary>
internal static partial class AutoBudget
{
    private const double DefaultErrorBudget = 0.003;

    // Errors are measured on a sample of the columns before the choice, and on all of them after.
    private const double Sampling = 1.3;

    /// <summary>Bytes of the smallest forms, plus a share of what the original has more.</summary>
    internal static long Between(string original, string output, double share)
    {
        var smallest = ModelQuantizer
            .Quantize(original, output, new() { Recipe = "auto", ErrorBudget = 1e9 }, null, CancellationToken.None)
            .Tensors;
        var (least, most) = (smallest.Sum(t => t.BytesAfter), smallest.Sum(t => t.BytesBefore));
        return least + (long)(share * Math.Max(0, most - least));
    }

    internal static string? Fault(QuantizationReport report, QuantizationOptions options)
    {
        if (options.SizeBudget is { } size)
        {
            var bytes = report.Tensors.Sum(t => t.BytesAfter);
            return bytes > size ? $"{bytes} bytes of weights are more than the budget of {size}" : null;
        }

        if (options.Recipe != "auto")
        {
            return null;
        }

        var chosen = report
            .Tensors.Select(t => (Error: t.RelativeError ?? 0, Sensitivity: Sensitivity(t.Reason)))
            .Where(t => t.Sensitivity > 0)
            .ToList();
        var (error, allowed) = (
            chosen.Sum(t => t.Error * t.Sensitivity),
            chosen.Sum(t => t.Sensitivity) * (options.ErrorBudget ?? DefaultErrorBudget));
        return error > allowed * Sampling ? $"a weighted error of {error:G4} is above the budget of {allowed:G4}" : null;
    }

    private static double Sensitivity(string? reason) =>
        SensitivityText().Match(reason ?? "") is { Success: true } match
            ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : 0;

    [GeneratedRegex("sensitivity ([0-9.]+)")]
    private static partial Regex SensitivityText();
}
