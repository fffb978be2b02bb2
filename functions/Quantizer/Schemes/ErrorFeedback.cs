namespace SlmOps.Quantizer.Schemes;

/// <summary>
/// Spreads the rounding error of each row over the rows still to come, so that errors cancel in the directions where the
/// inputs are large: optimal brain surgery row by row, as in GPTQ (arXiv 2210.17323), from the inverse of the inputs' second
/// moments. All sums run in one order in float64, so every machine gets the same factors.
/// </summary>
internal sealed class ErrorFeedback
{
    private ErrorFeedback(int k, float[] factors, float[] importance)
    {
        K = k;
        Factors = factors;
        Importance = importance;
    }

    internal int K { get; }

    /// <summary>K × K; row r holds how much of its error each later row takes away.</summary>
    internal float[] Factors { get; }

    /// <summary>How much an error of each row costs once the later rows have answered it; mean one.</summary>
    internal float[] Importance { get; }

    /// <summary>Null when the moments are not usable.</summary>
    /// <param name="moments">K × K second moments; overwritten.</param>
    /// <param name="k">Rows of the weight.</param>
    /// <param name="damping">Share of the mean diagonal that is added to every channel.</param>
    internal static ErrorFeedback? From(double[] moments, int k, double damping)
    {
        double mean = 0;
        for (var i = 0; i < k; i++)
        {
            mean += moments[(i * k) + i] / k;
        }

        if (!(mean > 0) || !double.IsFinite(mean))
        {
            return null;
        }

        for (var i = 0; i < k; i++)
        {
            moments[(i * k) + i] += damping * mean;
        }

        // With H = U Uᵀ, U upper triangular, the inverse is L Lᵀ for L = U⁻ᵀ, whose columns hold what is wanted.
        if (!Decompose(moments, k))
        {
            return null;
        }

        var inverse = Invert(moments, k);
        var factors = new float[k * k];
        var importance = new float[k];
        double sum = 0;
        for (var r = 0; r < k; r++)
        {
            var pivot = inverse[(r * k) + r];
            sum += 1 / (pivot * pivot);
            for (var j = r + 1; j < k; j++)
            {
                factors[(r * k) + j] = (float)(inverse[(r * k) + j] / pivot);
            }
        }

        for (var r = 0; r < k; r++)
        {
            var pivot = inverse[(r * k) + r];
            importance[r] = (float)(k / (pivot * pivot * sum));
        }

        return new ErrorFeedback(k, factors, importance);
    }

    // H = U Uᵀ from the last row up, in place.
    private static bool Decompose(double[] h, int k)
    {
        for (var j = k - 1; j >= 0; j--)
        {
            var rowJ = h.AsSpan(j * k, k);
            var pivot = rowJ[j];
            for (var m = j + 1; m < k; m++)
            {
                pivot -= rowJ[m] * rowJ[m];
            }

            if (!(pivot > 0))
            {
                return false;
            }

            var root = Math.Sqrt(pivot);
            rowJ[j] = root;
            for (var i = 0; i < j; i++)
            {
                var rowI = h.AsSpan(i * k, k);
                var value = rowI[j];
                for (var m = j + 1; m < k; m++)
                {
                    value -= rowI[m] * rowJ[m];
                }

                rowI[j] = value / root;
            }
        }

        return true;
    }

    // Inverse of the upper triangle U, transposed: row r, column j holds (U⁻¹)[r, j] for j ≥ r.
    private static double[] Invert(double[] u, int k)
    {
        var inverse = new double[k * k];
        for (var j = 0; j < k; j++)
        {
            inverse[(j * k) + j] = 1 / u[(j * k) + j];
        }

        for (var i = k - 2; i >= 0; i--)
        {
            var row = inverse.AsSpan(i * k, k);
            var scale = 1 / u[(i * k) + i];
            for (var m = i + 1; m < k; m++)
            {
                var factor = u[(i * k) + m];
                var other = inverse.AsSpan(m * k, k);
                for (var j = m; j < k; j++)
                {
                    row[j] -= factor * other[j];
                }
            }

            for (var j = i + 1; j < k; j++)
            {
                row[j] *= scale;
            }
        }

        return inverse;
    }
}
