using System.Numerics.Tensors;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Refinement;

/// <summary>
/// Whether float16 holds the values of a weight: its largest finite value is 65,504, its smallest step 2^-24, about 6e-8.
/// </summary>
internal static class HalfRange
{
    private const int Piece = 1 << 18;

    // Halfway between the largest half and the next step: what lies there or beyond rounds to infinity.
    private const float Beyond = 65520;

    // Rounding to 11 bits costs at most 2^-22 of the squared norm, and 1e-7 on average. Ten times that means that many
    // values lie where half has fewer bits left, or none.
    private const double MostLoss = 1e-6;

    // A weight whose root mean square is above this cannot lose that much: a step of 2^-24 has a mean squared error of
    // 2^-48 / 12.
    private static readonly double SafeMeanSquare = Math.Pow(2, -48) / 12 / MostLoss;

    /// <summary>Why the weight must stay float32, or null. Values that are not finite to begin with say nothing here.</summary>
    internal static string? Refusal(WeightReader reader, OnnxTensor tensor, CancellationToken cancellationToken)
    {
        var values = new float[(int)Math.Min(Piece, tensor.Elements)];
        var (norm, largest) = (0.0, 0f);
        for (long done = 0; done < tensor.Elements; done += values.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = values.AsSpan(0, (int)Math.Min(values.Length, tensor.Elements - done));
            reader.ReadFloats(tensor, done, piece);
            var most = Math.Abs(TensorPrimitives.MaxMagnitude<float>(piece));
            if (!float.IsFinite(most))
            {
                piece.Replace(float.PositiveInfinity, 0);
                piece.Replace(float.NegativeInfinity, 0);
                piece.Replace(float.NaN, 0);
                most = Math.Abs(TensorPrimitives.MaxMagnitude<float>(piece));
            }

            largest = Math.Max(largest, most);
            norm += TensorPrimitives.SumOfSquares<float>(piece);
        }

        if (largest >= Beyond)
        {
            return "it has values beyond the range of float16";
        }

        // Squares of the smallest float32 values are zero; any other value counts.
        return largest > 0 && norm / tensor.Elements < SafeMeanSquare && Loss(reader, tensor, values, cancellationToken) > MostLoss
            ? "its values are so small that float16 would lose them"
            : null;
    }

    /// <summary>Zeroes what both hold as the same infinity, so that it is no error.</summary>
    internal static void DropInfinities(Span<float> values, Span<float> stored)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsInfinity(values[i]) && values[i].Equals(stored[i]))
            {
                values[i] = stored[i] = 0;
            }
        }
    }

    private static double Loss(WeightReader reader, OnnxTensor tensor, float[] values, CancellationToken cancellationToken)
    {
        var (half, back) = (new Half[values.Length], new float[values.Length]);
        var (error, norm) = (0.0, 0.0);
        for (long done = 0; done < tensor.Elements; done += values.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = values.AsSpan(0, (int)Math.Min(values.Length, tensor.Elements - done));
            reader.ReadFloats(tensor, done, piece);
            TensorPrimitives.ConvertToHalf(piece, half);
            TensorPrimitives.ConvertToSingle(half.AsSpan(0, piece.Length), back);
            for (var i = 0; i < piece.Length; i++)
            {
                if (float.IsFinite(piece[i]))
                {
                    norm += (double)piece[i] * piece[i];
                    error += ((double)piece[i] - back[i]) * ((double)piece[i] - back[i]);
                }
            }
        }

        return norm > 0 ? error / norm : 0;
    }
}
