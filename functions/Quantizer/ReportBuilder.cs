using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;

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

            var also = plan.Stays.GetValueOrDefault(entry.Tensor);
            reports.AddRange(changed.Select(r => also is null ? r : r with { Reason = $"{r.Reason}; {also}" }));
        }

        return reports;
    }

    private static TensorReport Stays(WeightEntry entry, string? reason)
    {
        var bytes = entry.Tensor.ByteLength;
        return new TensorReport(entry.Name, entry.OperatorText, "float", entry.Tensor.Type.Bits(), null, null, bytes, bytes, reason);
    }
}
