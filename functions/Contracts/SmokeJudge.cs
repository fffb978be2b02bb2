using System.Globalization;

namespace SlmOps.Contracts;

/// <summary>What a device found, beside what was recorded.</summary>
/// <param name="Positions">Positions that were compared.</param>
/// <param name="NotFinite">Positions whose numbers are not finite.</param>
/// <param name="Flipped">Positions with a clear margin at which another token is the likeliest.</param>
/// <param name="Clear">Positions with a clear margin.</param>
/// <param name="MeanDifference">Mean difference of the log-probabilities.</param>
/// <param name="LargestDifference">Largest one.</param>
public sealed record SmokeFinding(int Positions, int NotFinite, int Flipped, int Clear, double MeanDifference, double LargestDifference)
{
    /// <summary>True when it is what rounding may do, and no more.</summary>
    /// <param name="bound">What rounding may do.</param>
    public bool IsWithin(SmokeBound bound)
    {
        ArgumentNullException.ThrowIfNull(bound);
        return NotFinite == 0 && Flipped == 0 && MeanDifference <= bound.MeanDifference && LargestDifference <= bound.LargestDifference;
    }

    /// <summary>The figures beside their bounds.</summary>
    /// <param name="bound">What rounding may do.</param>
    public string Words(SmokeBound bound)
    {
        ArgumentNullException.ThrowIfNull(bound);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"log-probabilities differ by {MeanDifference:0.####} on average (at most {bound.MeanDifference:0.####}) and by "
                + $"{LargestDifference:0.###} at most ({bound.LargestDifference:0.###}), {Flipped} of {Clear} clear first tokens are "
                + $"others, over {Positions} tokens");
    }
}

/// <summary>Judges what a device computes by what was recorded where the variant was validated. Pure.</summary>
public static class SmokeJudge
{
    /// <summary>Compares traces of the same texts.</summary>
    /// <param name="traces">What was recorded and what was found, for each text; both of the same length.</param>
    /// <param name="clearMargin">Margin from which the likeliest token counts.</param>
    public static SmokeFinding Compare(IEnumerable<(SmokeTrace Expected, SmokeTrace Found)> traces, double clearMargin)
    {
        ArgumentNullException.ThrowIfNull(traces);
        var (positions, bad, flipped, clear) = (0, 0, 0, 0);
        var (sum, largest) = (0.0, 0.0);
        foreach (var (expected, found) in traces)
        {
            for (var i = 0; i < expected.Best.Count; i++)
            {
                positions++;
                var difference = Math.Abs(expected.LogProbs[i] - found.LogProbs[i]);
                if (!double.IsFinite(difference) || !double.IsFinite(found.Margins[i]))
                {
                    bad++;
                    continue;
                }

                sum += difference;
                largest = Math.Max(largest, difference);
                if (expected.Margins[i] >= clearMargin)
                {
                    clear++;
                    flipped += found.Best[i] == expected.Best[i] ? 0 : 1;
                }
            }
        }

        return new(positions, bad, flipped, clear, positions == 0 ? 0 : sum / positions, largest);
    }

    /// <summary>‖found − expected‖ / ‖expected‖; of nothing but zeros, how large the found ones are.</summary>
    /// <param name="expected">What was recorded.</param>
    /// <param name="found">What was found, as many.</param>
    public static double RelativeError(IReadOnlyList<double> expected, IReadOnlyList<double> found)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(found);
        var (error, norm) = (0.0, 0.0);
        for (var i = 0; i < expected.Count; i++)
        {
            error += (found[i] - expected[i]) * (found[i] - expected[i]);
            norm += expected[i] * expected[i];
        }

        return Math.Sqrt(norm > 0 ? error / norm : error);
    }
}
