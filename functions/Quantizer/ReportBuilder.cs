using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Rewriting;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer;

/// <summary>Lists every weight, in graph order, with what became of it.</summary>
internal static class ReportBuilder
{
    internal static List<TensorReport> Tensors(IEnumerable<WrittenWeight> weights) => [.. weights.SelectMany(Rows)];

    /// <summary>The same list for a plan that was not carried out: sizes are known, errors are not.</summary>
    internal static List<TensorReport> Planned(QuantizationPlan plan) =>
        Tensors(
            plan.Weights.Select(weight => new WrittenWeight(
                weight.Entry,
                [.. weight.Products.Select(product => Planned(weight.Entry, product)), .. Planned(weight)],
                weight.Stays)));

    private static IEnumerable<TensorReport> Rows(WrittenWeight weight)
    {
        if (weight.Reports.Count == 0)
        {
            return [Stays(weight.Entry, weight.Stays)];
        }

        // The first row of a weight carries its bytes before and a float copy that stays, so that columns add up.
        var also = weight.Stays;
        return weight.Reports.Select((r, row) => r with
        {
            Reason = also is null ? r.Reason : $"{r.Reason}; {also}",
            BytesBefore = row == 0 ? r.BytesBefore : 0,
            BytesAfter = r.BytesAfter + (row == 0 && also is not null ? r.BytesBefore : 0),
        });
    }

    private static TensorReport Planned(WeightEntry entry, ProductPlan product)
    {
        var (k, n) = (product.View.K, product.View.N);
        var (scheme, bits, size, after) = product.Scheme is BlockScheme block
            ? (block.Text, block.Bits, (int?)block.BlockSize, block.TotalBytes(k, n))
            : ("column-symmetric", 8, null, ColumnScheme.TotalBytes(k, n));
        return new()
        {
            Name = entry.Name,
            Op = entry.OperatorText,
            Scheme = scheme,
            Bits = bits,
            BlockSize = size,
            BytesBefore = entry.Tensor.ByteLength,
            BytesAfter = after,
            Reason = product.Reason,
        };
    }

    private static IEnumerable<TensorReport> Planned(WeightPlan weight)
    {
        if (weight.Values is { } values)
        {
            var (tensor, half) = (weight.Entry.Tensor, values.Scheme is HalfScheme);
            yield return new()
            {
                Name = weight.Entry.Name,
                Op = weight.Entry.OperatorText,
                Scheme = half ? "half" : ((PruneScheme)values.Scheme).Text,
                Bits = half ? 16 : tensor.Type.Bits(),
                BytesBefore = tensor.ByteLength,
                BytesAfter = half ? tensor.ByteLength / 2 : tensor.ByteLength,
                Reason = values.Reason,
            };
        }
    }

    private static TensorReport Stays(WeightEntry entry, string? reason)
    {
        var bytes = entry.Tensor.ByteLength;
        return new()
        {
            Name = entry.Name,
            Op = entry.OperatorText,
            Scheme = entry.Tensor.Type.IsWeight() ? "float" : "as-it-was",
            Bits = entry.Tensor.Type.Bits(),
            BytesBefore = bytes,
            BytesAfter = bytes,
            Reason = reason,
        };
    }
}
