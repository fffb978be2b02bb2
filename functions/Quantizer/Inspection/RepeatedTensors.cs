using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Inspection;

/// <summary>
/// Some exporters write one initializer twice. With the same bytes that says nothing new, and the second is marked; with
/// other bytes it is a contradiction, which <see cref="GraphChecker"/> reports.
/// </summary>
internal static class RepeatedTensors
{
    private const int Piece = 1 << 20;

    /// <param name="inspected">The model; the sizes of its tensors have been checked.</param>
    /// <param name="model">Its graph.</param>
    /// <param name="readable">False when some tensor's data is not all there: then only equal messages count.</param>
    /// <param name="cancellationToken">Stops the comparison.</param>
    internal static void Mark(InspectedModel inspected, OnnxModel model, bool readable, CancellationToken cancellationToken)
    {
        var reader = inspected.Reader();
        foreach (var graph in model.AllGraphs)
        {
            var first = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal);
            foreach (var tensor in graph.Initializers)
            {
                if (
                    !first.TryAdd(tensor.Name, tensor) && IsSame(inspected, reader, first[tensor.Name], tensor, readable, cancellationToken)
                )
                {
                    tensor.IsRepeat = true;
                }
            }
        }
    }

    private static bool IsSame(
        InspectedModel inspected, WeightReader reader, OnnxTensor a, OnnxTensor b, bool readable, CancellationToken cancellationToken)
    {
        var file = inspected.File.Span;
        if (inspected.File.IsInSpan(a.Body) && inspected.File.IsInSpan(b.Body)
            && file.Slice(a.Body.Start, a.Body.Length).SequenceEqual(file.Slice(b.Body.Start, b.Body.Length)))
        {
            return true;
        }

        return readable && a.Type == b.Type && a.Type != ElementType.String && a.Dims.SequenceEqual(b.Dims)
            && IsStoredAsBytes(a) && IsStoredAsBytes(b) && SameBytes(reader, a, b, cancellationToken);
    }

    private static bool IsStoredAsBytes(OnnxTensor tensor) => tensor.Storage is Storage.Inline or Storage.External;

    private static bool SameBytes(WeightReader reader, OnnxTensor a, OnnxTensor b, CancellationToken cancellationToken)
    {
        var buffer = new byte[2 * (int)Math.Min(Piece, a.ByteLength)];
        var (one, other) = (buffer.AsMemory(0, buffer.Length / 2), buffer.AsMemory(buffer.Length / 2));
        for (long done = 0; done < a.ByteLength; done += one.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(one.Length, a.ByteLength - done);
            reader.ReadBytes(a, done, one.Span[..count]);
            reader.ReadBytes(b, done, other.Span[..count]);
            if (!one.Span[..count].SequenceEqual(other.Span[..count]))
            {
                return false;
            }
        }

        return true;
    }
}
