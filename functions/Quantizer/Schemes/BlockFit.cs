using System.Runtime.Intrinsics;

namespace SlmOps.Quantizer.Schemes;

/// <summary>
/// Fits scale and zero point of one block for eight columns at once. Only element-wise IEEE operations on fixed
/// eight-lane vectors are used, never fused ones, so every processor gives the same bits; without vector hardware the
/// runtime runs the same lanes one by one.
/// </summary>
internal static unsafe class BlockFit
{
    internal const int Lanes = 8;

    // A block whose values are all below this is stored as zeros: its inverse scale would not be finite.
    private const float Tiny = 1e-36f;

    // Where the best scale lies against the one that spans the range, found on Gaussian and trained weights.
    private const int Steps = 14;
    private const float AsymmetricFrom = 0.70f;
    private const float AsymmetricStep = 0.026f;
    private const float SymmetricFrom = 0.78f;
    private const float SymmetricStep = 0.028f;

    /// <param name="block">Rows of eight values, zeros after the last.</param>
    /// <param name="rows">Block size.</param>
    /// <param name="importance">A weight for the squared error of each row, or null.</param>
    /// <param name="scheme">What is fitted.</param>
    /// <param name="scale">Scale by lane.</param>
    /// <param name="zeroPoint">Whole-numbered zero point by lane.</param>
    internal static void Fit(
        float* block, int rows, float* importance, BlockScheme scheme, out Vector256<float> scale, out Vector256<float> zeroPoint)
    {
        var low = Vector256<float>.Zero;
        var high = Vector256<float>.Zero;
        for (var r = 0; r < rows; r++)
        {
            var w = Vector256.Load(block + (r * Lanes));
            low = Vector256.ConditionalSelect(Vector256.LessThan(w, low), w, low);
            high = Vector256.ConditionalSelect(Vector256.GreaterThan(w, high), w, high);
        }

        if (scheme.Symmetric)
        {
            FitSymmetric(block, rows, importance, scheme, low, high, out scale, out zeroPoint);
        }
        else
        {
            FitAsymmetric(block, rows, importance, scheme, low, high, out scale, out zeroPoint);
        }
    }

    internal static Vector256<float> Inverse(Vector256<float> scale) => Vector256.ConditionalSelect(
        Vector256.GreaterThan(Vector256.Abs(scale), Vector256.Create(Tiny)), Vector256<float>.One / scale, Vector256<float>.Zero);

    private static void FitAsymmetric(
        float* block, int rows, float* importance, BlockScheme scheme, Vector256<float> low, Vector256<float> high,
        out Vector256<float> scale, out Vector256<float> zeroPoint)
    {
        var levels = Vector256.Create((float)scheme.Levels);
        // Divided one by one, because the range itself may not be finite.
        scale = (high / levels) - (low / levels);
        scale = Vector256.ConditionalSelect(Vector256.GreaterThan(scale, Vector256.Create(Tiny)), scale, Vector256<float>.Zero);
        var inverse = Inverse(scale);
        var start = Vector256<float>.Zero - (low * inverse);
        zeroPoint = Clamp(Vector256.Round(start), Vector256<float>.Zero, levels);
        if (!scheme.Search)
        {
            return;
        }

        var sums = new Sums(block, rows, importance, inverse);
        var best = new Candidate(Vector256.Create(-1f), Vector256<float>.One, zeroPoint);
        if (scheme.Bits <= 4)
        {
            for (var step = 0; step < Steps; step++)
            {
                var factor = Vector256.Create(AsymmetricFrom + (step * AsymmetricStep));
                var zero = Vector256.Round(start / factor);
                sums.TryThree(factor, zero, levels, ref best);
            }
        }
        else
        {
            sums.Try(Vector256<float>.One, zeroPoint, levels, ref best);
        }

        Refine(ref sums, levels, ref best);
        scale *= best.Factor;
        zeroPoint = best.Zero;
    }

    private static void FitSymmetric(
        float* block, int rows, float* importance, BlockScheme scheme, Vector256<float> low, Vector256<float> high,
        out Vector256<float> scale, out Vector256<float> zeroPoint)
    {
        var levels = Vector256.Create((float)scheme.Levels);
        var half = Vector256.Create((float)scheme.DefaultZeroPoint);
        zeroPoint = half;
        // The extreme maps exactly to code 0, the end that reaches further.
        var extreme = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(high, Vector256<float>.Zero - low), high, low);
        scale = (Vector256<float>.Zero - extreme) / half;
        scale = Vector256.ConditionalSelect(
            Vector256.GreaterThan(Vector256.Abs(scale), Vector256.Create(Tiny)),
            scale,
            Vector256<float>.Zero);
        if (!scheme.Search)
        {
            return;
        }

        var sums = new Sums(block, rows, importance, Inverse(scale));
        var best = new Candidate(Vector256.Create(-1f), Vector256<float>.One, half);
        sums.Try(Vector256<float>.One, half, levels, ref best);
        if (scheme.Bits <= 4)
        {
            for (var step = 0; step < Steps; step++)
            {
                var factor = Vector256.Create(SymmetricFrom + (step * SymmetricStep));
                sums.Try(factor, half, levels, ref best);
                sums.Try(Vector256<float>.Zero - factor, half, levels, ref best);
            }
        }

        Refine(ref sums, levels, ref best);
        scale *= best.Factor;
    }

    // Least squares gives the best scale for fixed codes, rounding the best codes for a fixed scale: two turns settle.
    private static void Refine(ref Sums sums, Vector256<float> levels, ref Candidate best)
    {
        for (var turn = 0; turn < 2; turn++)
        {
            sums.Try(best.Factor, best.Zero, levels, ref best);
        }
    }

    internal static Vector256<float> Clamp(Vector256<float> value, Vector256<float> least, Vector256<float> most)
    {
        value = Vector256.ConditionalSelect(Vector256.LessThan(value, least), least, value);
        return Vector256.ConditionalSelect(Vector256.GreaterThan(value, most), most, value);
    }

    /// <summary>The best so far by lane: the squared error it saves, the factor on the scale, the zero point.</summary>
    private struct Candidate(Vector256<float> score, Vector256<float> factor, Vector256<float> zero)
    {
        internal Vector256<float> Score = score;
        internal Vector256<float> Factor = factor;
        internal Vector256<float> Zero = zero;

        internal void Offer(Vector256<float> cross, Vector256<float> square, Vector256<float> zero)
        {
            var any = Vector256.GreaterThan(square, Vector256<float>.Zero);
            var factor = Vector256.ConditionalSelect(any, cross / square, Vector256<float>.Zero);
            var score = cross * factor;
            var better = Vector256.GreaterThan(score, Score) & any;
            Score = Vector256.ConditionalSelect(better, score, Score);
            Factor = Vector256.ConditionalSelect(better, factor, Factor);
            Zero = Vector256.ConditionalSelect(better, zero, Zero);
        }
    }

    /// <summary>
    /// For codes d the best scale is Σhud/Σhd² and leaves Σhu² − (Σhud)²/Σhd², so only two sums decide between candidates.
    /// Values are taken in units of the first scale, which keeps the sums in range for any weights.
    /// </summary>
    private readonly ref struct Sums(float* block, int rows, float* importance, Vector256<float> inverse)
    {
        internal void Try(Vector256<float> factor, Vector256<float> zero, Vector256<float> levels, ref Candidate best)
        {
            var least = Vector256<float>.Zero - zero;
            var most = levels - zero;
            var step = inverse * Inverse(factor);
            var cross = Vector256<float>.Zero;
            var square = Vector256<float>.Zero;
            for (var r = 0; r < rows; r++)
            {
                var w = Vector256.Load(block + (r * Lanes));
                var d = Clamp(Vector256.Round(w * step), least, most);
                var h = importance == null ? d : d * Vector256.Create(importance[r]);
                cross += w * inverse * h;
                square += d * h;
            }

            best.Offer(cross, square, zero);
        }

        internal void TryThree(Vector256<float> factor, Vector256<float> zero, Vector256<float> levels, ref Candidate best)
        {
            var zeroB = Clamp(zero, Vector256<float>.Zero, levels);
            var zeroA = Clamp(zero - Vector256<float>.One, Vector256<float>.Zero, levels);
            var zeroC = Clamp(zero + Vector256<float>.One, Vector256<float>.Zero, levels);
            var step = inverse * Inverse(factor);
            Vector256<float> crossA = default, crossB = default, crossC = default, squareA = default, squareB = default, squareC = default;
            for (var r = 0; r < rows; r++)
            {
                var w = Vector256.Load(block + (r * Lanes));
                var u = w * inverse;
                var n = Vector256.Round(w * step);
                var hu = importance == null ? u : u * Vector256.Create(importance[r]);
                var dA = Clamp(n, Vector256<float>.Zero - zeroA, levels - zeroA);
                var dB = Clamp(n, Vector256<float>.Zero - zeroB, levels - zeroB);
                var dC = Clamp(n, Vector256<float>.Zero - zeroC, levels - zeroC);
                crossA += hu * dA;
                crossB += hu * dB;
                crossC += hu * dC;
                var h = importance == null ? Vector256<float>.One : Vector256.Create(importance[r]);
                squareA += dA * dA * h;
                squareB += dB * dB * h;
                squareC += dC * dC * h;
            }

            best.Offer(crossB, squareB, zeroB);
            best.Offer(crossA, squareA, zeroA);
            best.Offer(crossC, squareC, zeroC);
        }
    }
}
