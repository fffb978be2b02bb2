using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Refinement;

/// <summary>Finds the magnitude below which a share of a weight lies, in two passes over its values.</summary>
internal static class PruneThreshold
{
    private const int Piece = 1 << 18;

    /// <summary>The magnitude as bits.</summary>
    internal static uint Of(OnnxTensor tensor, double share, WeightReader reader, CancellationToken cancellationToken)
    {
        var wanted = (long)Math.Floor(tensor.Elements * share);
        var histogram = new MagnitudeHistogram();
        AddAll(histogram, tensor, reader, cancellationToken);
        var below = histogram.FixTop(wanted);
        AddAll(histogram, tensor, reader, cancellationToken);
        return histogram.Threshold(wanted - below);
    }

    private static void AddAll(MagnitudeHistogram histogram, OnnxTensor tensor, WeightReader reader, CancellationToken cancellationToken)
    {
        var values = new float[(int)Math.Min(Piece, tensor.Elements)];
        for (long done = 0; done < tensor.Elements; done += values.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = values.AsSpan(0, (int)Math.Min(values.Length, tensor.Elements - done));
            reader.ReadFloats(tensor, done, piece);
            histogram.Add(piece);
        }
    }
}
