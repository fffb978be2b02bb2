namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Stored weights against the original ones, and against plain rounding in float64.</summary>
internal static class WeightCheck
{
    // The search tries other scales than plain rounding, so on single odd blocks it may end a little behind it.
    private const double Slack = 1.05;

    // Answering the errors of earlier rows lets the error of the weight itself grow while that of the product falls.
    private const double FeedbackSlack = 1.5;

    internal static string? Fault(QuantizedCore core, double[] weight, QuantizationOptions options, QuantizationReport report)
    {
        var (error, plain) = Errors(core, weight);
        var feedback = options.Search && options.Feedback != false;
        return error > (plain * (feedback ? FeedbackSlack : Slack)) + 1e-12
                ? $"{core.Node.OpType} {core.K}x{core.N} has a weight error of {error:G4}; plain rounding has {plain:G4}"
            : report.Tensors.Any(t => t.RelativeError is { } stated && Math.Abs(stated - error) <= (1e-3 * error) + 1e-9) ? null
            : $"{core.Node.OpType} {core.K}x{core.N} has a weight error of {error:G4}, which no row of the report states";
    }

    private static (double Error, double Plain) Errors(QuantizedCore core, double[] weight)
    {
        double error = 0, norm = 0;
        for (var i = 0; i < weight.Length; i++)
        {
            error += Math.Pow(weight[i] - core.Weight[i], 2);
            norm += weight[i] * weight[i];
        }

        return norm == 0 ? (error, 0) : (error / norm, Plain(core, weight) / norm);
    }

    private static double Plain(QuantizedCore core, double[] weight)
    {
        if (core.IsDynamic)
        {
            return Columns(weight, core.K, core.N, core.Reduced ? 63 : 127);
        }

        var (bits, size) = ((int)core.Attribute("bits"), (int)core.Attribute("block_size"));
        var zero = core.HasZeroPoints;
        double error = 0;
        for (var column = 0; column < core.N; column++)
        {
            for (var first = 0; first < core.K; first += size)
            {
                error += Block(
                    weight,
                    Enumerable.Range(first, Math.Min(size, core.K - first)).Select(r => (r * core.N) + column),
                    bits,
                    zero);
            }
        }

        return error;
    }

    // The range with zero inside spans all codes; without zero points the extreme maps to the lowest code.
    private static double Block(double[] weight, IEnumerable<int> places, int bits, bool zeroPoints)
    {
        var at = places.ToList();
        var (low, high) = (Math.Min(0, at.Min(i => weight[i])), Math.Max(0, at.Max(i => weight[i])));
        double levels = (1 << bits) - 1, half = 1 << (bits - 1);
        var scale = zeroPoints ? (high - low) / levels : -(high >= -low ? high : low) / half;
        if (scale == 0)
        {
            return 0;
        }

        var zero = zeroPoints ? Math.Round(-low / scale) : half;
        return at.Sum(i => Math.Pow(weight[i] - ((Math.Clamp(Math.Round(weight[i] / scale) + zero, 0, levels) - zero) * scale), 2));
    }

    private static double Columns(double[] weight, int k, int n, int most)
    {
        double error = 0;
        for (var column = 0; column < n; column++)
        {
            var scale = Enumerable.Range(0, k).Max(r => Math.Abs(weight[(r * n) + column])) / most;
            error +=
                scale == 0
                    ? 0
                    : Enumerable
                        .Range(0, k)
                        .Sum(r => Math.Pow(weight[(r * n) + column] - (Math.Round(weight[(r * n) + column] / scale) * scale), 2));
        }

        return error;
    }
}
