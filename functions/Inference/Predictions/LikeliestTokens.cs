namespace SlmOps.Inference.Predictions;

/// <summary>Finds how large a weight must be to be among the largest, in one pass and without sorting.</summary>
internal static class LikeliestTokens
{
    // Sign, exponent and the first two bits of the fraction: classes a quarter of a power of two apart at most.
    private const int Shift = 50;
    private const int Classes = 1 << 13;

    /// <summary>A bound that at most <paramref name="most"/> weights reach; the least one of whole classes, or 0.</summary>
    /// <param name="weights">Numbers from 0 to 1; NaN counts as 0.</param>
    /// <param name="most">How many may reach it.</param>
    internal static double Threshold(ReadOnlySpan<double> weights, int most)
    {
        Span<int> counts = stackalloc int[Classes];
        counts.Clear();
        foreach (var weight in weights)
        {
            counts[ClassOf(weight)]++;
        }

        var (total, index) = (0, Classes);
        while (index > 0 && total + counts[index - 1] <= most)
        {
            total += counts[--index];
        }

        // Not even the largest class fits: its first members do.
        return total == 0
            ? BitConverter.Int64BitsToDouble((long)(index - 1) << Shift)
            : BitConverter.Int64BitsToDouble((long)index << Shift);
    }

    private static int ClassOf(double weight) => weight > 0 ? (int)(BitConverter.DoubleToInt64Bits(weight) >> Shift) : 0;
}
