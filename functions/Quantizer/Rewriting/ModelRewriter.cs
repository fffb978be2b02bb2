using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Carries out a plan: writes the data file in graph order and collects what the graph becomes.</summary>
internal sealed class ModelRewriter(
    InspectedModel inspected, ValueIndex index, QuantizationPlan plan, WeightReader reader, DataFile data, string dataName,
    GraphEdits edits, ProductRewriter products, TensorRewriter tensors, ProgressMeter progress)
{
    private readonly ILookup<OnnxTensor, PlannedWeight> _weights = plan.Weights.ToLookup(w => w.Entry.Tensor);
    private readonly Dictionary<OnnxTensor, PlannedTensor> _tensors = plan.Tensors.ToDictionary(t => t.Entry.Tensor);

    /// <summary>Reports by weight, several for one that is seen in several ways.</summary>
    internal Dictionary<WeightEntry, List<TensorReport>> Reports { get; } = [];

    internal void Run(CancellationToken cancellationToken)
    {
        ReleaseFloatUses();
        products.Prepare(plan.Weights);
        foreach (var graph in inspected.Model!.AllGraphs)
        {
            foreach (var tensor in graph.Initializers.Where(t => !t.IsRepeat))
            {
                Process(tensor, () => edits.Tensors.TryGetValue(tensor, out var gone) && gone is null, cancellationToken);
            }

            foreach (var node in graph.Nodes)
            {
                foreach (var attribute in node.Attributes)
                {
                    if (attribute.Tensor is { } tensor)
                    {
                        Process(tensor, () => edits.Nodes.ContainsKey(node), cancellationToken);
                    }
                }
            }
        }
    }

    private void ReleaseFloatUses()
    {
        var dead = new DeadValues(index, edits);
        foreach (var weight in plan.Weights)
        {
            foreach (var use in weight.Uses)
            {
                dead.Release(use.Node, use.Kind == UseKind.Gather ? 0 : 1);
            }
        }
    }

    private void Process(OnnxTensor tensor, Func<bool> isGone, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var weight in _weights[tensor])
        {
            progress.Start(weight.Entry.Name);
            Report(weight.Entry, products.Write(weight, progress.Advance, cancellationToken));
        }

        if (_tensors.TryGetValue(tensor, out var planned))
        {
            progress.Start(planned.Entry.Name);
            if (tensors.Write(planned, progress.Advance, out var stays, cancellationToken) is { } report)
            {
                Report(planned.Entry, report);
                return;
            }

            plan.Stays[tensor] = stays!;
        }

        if (!isGone() && tensor is { Storage: Storage.External, Type: not ElementType.String })
        {
            progress.Start(tensor.Name);
            var offset = data.Copy(reader, tensor, progress.Advance, cancellationToken);
            edits.Tensors[tensor] = StoredTensor.Moved(tensor, inspected.File.Span, dataName, offset);
        }
    }

    private void Report(WeightEntry entry, TensorReport report)
    {
        if (!Reports.TryGetValue(entry, out var reports))
        {
            Reports[entry] = reports = [];
        }

        reports.Add(report);
    }
}
