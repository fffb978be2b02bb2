using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Refinement;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>What was written of a weight.</summary>
/// <param name="Entry">The weight.</param>
/// <param name="Reports">One for each form that was written.</param>
/// <param name="Stays">Why it stays as it is, alone or beside those forms; null when it does not.</param>
internal sealed record WrittenWeight(WeightEntry Entry, IReadOnlyList<TensorReport> Reports, string? Stays);

/// <summary>
/// Carries out a plan: writes the data file in graph order and collects what the graph becomes. It decides nothing; each
/// weight comes refined.
/// </summary>
internal sealed class ModelRewriter(
    InspectedModel inspected, ValueIndex index, QuantizationPlan plan, Func<WeightPlan, RefinedWeight> refine, WeightReader reader,
    DataFile data, string dataName, GraphEdits edits, ProductRewriter products, TensorRewriter tensors, ProgressMeter progress)
{
    private readonly Dictionary<OnnxTensor, WeightPlan> _plans = plan.Weights.ToDictionary(weight => weight.Entry.Tensor);
    private readonly Dictionary<WeightEntry, WrittenWeight> _written = [];

    /// <summary>Writes every weight and says what became of each, in the order of the plan.</summary>
    internal IReadOnlyList<WrittenWeight> Run(CancellationToken cancellationToken)
    {
        ReleaseFloatUses();
        products.Prepare(plan);
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

        return [.. plan.Weights.Select(weight => _written[weight.Entry])];
    }

    private void ReleaseFloatUses()
    {
        var dead = new DeadValues(index, edits);
        foreach (var use in plan.Weights.SelectMany(weight => weight.Products).SelectMany(product => product.Uses))
        {
            dead.Release(use.Node, use.Kind == UseKind.Gather ? 0 : 1);
        }
    }

    private void Process(OnnxTensor tensor, Func<bool> isGone, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        data.Of(tensor.Name, null);
        if (_plans.TryGetValue(tensor, out var weight))
        {
            data.Of(tensor.Name, weight.Entry.Uses.FirstOrDefault()?.Node.Name);
            Write(weight, cancellationToken);
        }

        if (!isGone() && !edits.Tensors.ContainsKey(tensor) && tensor is { Storage: Storage.External, Type: not ElementType.String })
        {
            progress.Start(tensor.Name);
            var offset = data.Copy(reader, tensor, progress.Advance, cancellationToken);
            edits.Tensors[tensor] = StoredTensor.Moved(tensor, inspected.File.Span, dataName, offset);
        }
    }

    private void Write(WeightPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Products.Count > 0 || plan.Values is not null)
        {
            progress.Start(plan.Entry.Name);
        }

        var weight = refine(plan);
        var reports = weight
            .Products.Select(product => products.Write(weight.Entry, product, progress.Advance, cancellationToken))
            .ToList();
        if (weight.Values is { } values)
        {
            reports.Add(tensors.Write(weight.Entry, values, progress.Advance, cancellationToken));
        }

        _written[weight.Entry] = new(weight.Entry, reports, weight.Stays);
    }
}
