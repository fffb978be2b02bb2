using System.Runtime.Intrinsics;

namespace SlmOps.Quantizer.Schemes;

/// <summary>Rounds the rows of eight columns one after the other and lets the later rows answer each error.</summary>
internal static unsafe class FeedbackQuantizer
{
    private const int Lanes = BlockFit.Lanes;

    /// <summary>
    /// Rounds one block in place: <paramref name="column"/> holds K rows of eight values, and rows
    /// <paramref name="first"/> to <paramref name="first"/> + <paramref name="rows"/> end on the grid of scale and zero point.
    /// </summary>
    internal static void Round(
        float* column, int first, int rows, ErrorFeedback feedback, int levels, Vector256<float> scale, Vector256<float> zero)
    {
        var inverse = BlockFit.Inverse(scale);
        var least = Vector256<float>.Zero - zero;
        var most = Vector256.Create((float)levels) - zero;
        var k = feedback.K;
        fixed (float* factors = feedback.Factors)
        {
            for (var r = first; r < first + rows; r++)
            {
                var w = Vector256.Load(column + (r * Lanes));
                var stored = BlockFit.Clamp(Vector256.Round(w * inverse), least, most) * scale;
                stored.Store(column + (r * Lanes));
                var error = w - stored;
                var row = factors + ((long)r * k);
                for (var j = r + 1; j < k; j++)
                {
                    (Vector256.Load(column + (j * Lanes)) - (error * Vector256.Create(row[j]))).Store(column + (j * Lanes));
                }
            }
        }
    }
}
