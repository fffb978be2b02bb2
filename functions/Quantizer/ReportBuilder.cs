using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer;

/// <summary>Lists every weight, in graph order, with what became of it.</summary>
internal static class ReportBuilder
{
    internal static List<TensorReport> Tensors(QuantizationPlan plan, Dictionary<WeightEntry, List<TensorReport>> written)
    {
        var reports = new List<TensorReport>();
        foreach (var entry in plan.Entries)
        {
            if (!written.TryGetValue(entry, out var changed))
            {
                reports.Add(Stays(entry, plan.Stays.GetValueOrDefault(entry.Tensor)));
                continue;
            }

            // The first row of a weight carries its bytes before and a float copy that stays, so that columns add up.
            var also = plan.Stays.GetValueOrDefault(entry.Tensor);
            reports.AddRange(changed.Select((r, row) => r with
            {
                Reason = also is null ? r.Reason : $"{r.Reason}; {also}",
                BytesBefore = row == 0 ? r.BytesBefore : 0,
                BytesAfter = r.BytesAfter + (row == 0 && also is not null ? r.BytesBefore : 0),
            }));
        }

        return reports;
    }

    /// <summary>The same list for a plan that was not carried out: sizes are known, errors are not.</summary>
    internal static List<TensorReport> Planned(QuantizationPlan plan)
    {
        var reports = plan.Weights.ToLookup(w => w.Entry, w =>
        {
            var (k, n) = (w.View.K, w.View.N);
            var (scheme, bits, size, after) = w.Scheme is BlockScheme block
                ? (block.Text, block.Bits, (int?)block.BlockSize, block.TotalBytes(k, n)) : ("column-symmetric", 8, null, ColumnScheme.TotalBytes(k, n));
            return new TensorReport(w.Entry.Name, w.Entry.OperatorText, scheme, bits, size, null, w.Entry.Tensor.ByteLength, after, w.Reason);
        });
        var values = plan.Tensors.ToDictionary(t => t.Entry, t =>
        {
            var (bytes, half) = (t.Entry.Tensor.ByteLength, t.Scheme is HalfScheme);
            return new TensorReport(
                t.Entry.Name, t.Entry.OperatorText, half ? "half" : "pruned", half ? 16 : t.Entry.Tensor.Type.Bits(), null, null, bytes, half ? bytes / 2 : bytes, t.Reason);
        });
        return Tensors(plan, plan.Entries.Where(e => reports.Contains(e) || values.ContainsKey(e))
            .ToDictionary(e => e, e => values.TryGetValue(e, out var value) ? [value] : reports[e].ToList()));
    }

    private static TensorReport Stays(WeightEntry entry, string? reason)
    {
        var bytes = entry.Tensor.ByteLength;
        return new TensorReport(entry.Name, entry.OperatorText, entry.Tensor.Type.IsWeight() ? "float" : "as-it-was", entry.Tensor.Type.Bits(), null, null, bytes, bytes, reason);
    }
}
