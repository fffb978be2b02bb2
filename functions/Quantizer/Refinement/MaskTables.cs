using System.Numerics.Tensors;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Refinement;

/// <summary>
/// Tables that hold infinities on purpose, such as a causal mask from which rows are picked. No scale reaches from a finite
/// value to an infinite one, so they stay in float. In a weight of a product an infinity is damage, and refused by name later.
/// </summary>
internal static class MaskTables
{
    private const int Piece = 1 << 18;

    /// <summary>True when no product reads the weight.</summary>
    internal static bool MayBeInfinite(WeightEntry entry) => entry.Uses.TrueForAll(use => use.Kind == UseKind.Gather);

    /// <summary>The plan without such tables.</summary>
    internal static QuantizationPlan Keep(QuantizationPlan plan, WeightReader reader, CancellationToken cancellationToken) => plan with
    {
        Weights = [.. plan.Weights.Select(weight =>
            weight.Products.Count > 0 && MayBeInfinite(weight.Entry) && HoldsInfinity(weight.Entry, reader, cancellationToken)
                ? WeightPlan.Left(weight.Entry, "it holds infinities, as a mask does, which no scale can reach")
                : weight)],
    };

    private static bool HoldsInfinity(WeightEntry entry, WeightReader reader, CancellationToken cancellationToken)
    {
        var values = new float[(int)Math.Min(Piece, entry.Tensor.Elements)];
        var infinite = false;
        for (long done = 0; done < entry.Tensor.Elements; done += values.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = values.AsSpan(0, (int)Math.Min(values.Length, entry.Tensor.Elements - done));
            reader.ReadFloats(entry.Tensor, done, piece);
            // NaN wins over every other value: one of those is damage wherever it lies.
            var largest = TensorPrimitives.MaxMagnitude<float>(piece);
            if (float.IsNaN(largest))
            {
                return false;
            }

            infinite |= float.IsInfinity(largest);
        }

        return infinite;
    }
}
