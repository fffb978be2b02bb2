using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Refinement;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Stores weights in another form under their own names, so that no other node has to change.</summary>
internal sealed class TensorRewriter(
    InspectedModel inspected,
    ModelAnalysis analysis,
    WeightReader reader,
    DataFile data,
    string dataName,
    GraphEdits edits,
    TensorPlacer placer)
{
    private readonly ElementWriter _writer = new(reader, data);

    internal TensorReport Write(WeightEntry entry, RefinedValues values, Action<long> progress, CancellationToken cancellationToken) =>
        values.Scheme is PruneScheme scheme
            ? WritePruned(entry, values, scheme, progress, cancellationToken)
            : WriteHalf(entry, values, progress, cancellationToken);

    private TensorReport WriteHalf(WeightEntry entry, RefinedValues values, Action<long> progress, CancellationToken cancellationToken)
    {
        var error = _writer.StoreHalf(
            entry.Tensor,
            analysis.Places.NeedsNodes(entry.Source.Graph),
            values.MayBeInfinite,
            out var target,
            progress,
            cancellationToken);
        error.RequireFinite(entry.Name);
        StoreHalf(entry, target);
        return Report(entry, "half", 16, error, target.Length, values.Reason);
    }

    private TensorReport WritePruned(
        WeightEntry entry,
        RefinedValues values,
        PruneScheme scheme,
        Action<long> progress,
        CancellationToken cancellationToken)
    {
        var result = _writer.Prune(
            values.View!,
            values.Mask!,
            analysis.Places.NeedsNodes(entry.Source.Graph),
            out var pruned,
            progress,
            cancellationToken);
        result.Error.RequireFinite(entry.Name);
        Replace(entry, pruned.Tensor(entry.Name, entry.Tensor.Type, [.. entry.Tensor.Dims]));
        return Report(entry, scheme.Text, entry.Tensor.Type.Bits(), result.Error, entry.Tensor.ByteLength, values.Reason) with
        {
            Zeros = result.Zeros,
            CompressedBefore = result.CompressedBefore,
            CompressedAfter = result.CompressedAfter,
        };
    }

    private static TensorReport Report(WeightEntry entry, string scheme, int bits, BlockError error, long after, string reason) =>
        new()
        {
            Name = entry.Name,
            Op = entry.OperatorText,
            Scheme = scheme,
            Bits = bits,
            RelativeError = error.Relative,
            BytesBefore = entry.Tensor.ByteLength,
            BytesAfter = after,
            Reason = reason,
        };

    private void StoreHalf(WeightEntry entry, TensorTarget target)
    {
        var name = analysis.Index.NewName($"{entry.Name}_fp16");
        var stored = target.Tensor(name, ElementType.Float16, [.. entry.Tensor.Dims]);
        if (!entry.Source.IsGraphOutput && entry.Blockers.Count == 0 && entry.Uses.Count > 0
            && entry.Uses.TrueForAll(u => u.Kind == UseKind.Gather && u.Node.Inputs[0] == entry.Name))
        {
            Place(entry, stored, []);
            foreach (var use in entry.Uses)
            {
                edits.Nodes[use.Node] = GatherHalf(use.Node, name);
            }
        }
        else
        {
            // The cast takes over the weight's name; ONNX Runtime folds it into a constant when it loads the model.
            Place(
                entry,
                stored,
                [
                    NodeWriter.Node(
                        "Cast",
                        "",
                        analysis.Index.NewName($"{name}_cast"),
                        [name],
                        [entry.Name],
                        NodeAttribute.Of("to", (long)ElementType.Float)),
                ]);
        }
    }

    private List<WireWriter> GatherHalf(OnnxNode node, string table)
    {
        var scope = new NodeScope(node, analysis.Model, analysis.Index);
        var rows = scope.Value("rows");
        var gather = NodeWriter.WithInputs(node, inspected.File.Span, [table, .. node.Inputs.Skip(1)], [rows]);
        scope.Nodes.Add(gather);
        scope.AddTo(node.Outputs[0], "Cast", "", "rows_cast", [rows], NodeAttribute.Of("to", (long)ElementType.Float));
        return scope.Nodes;
    }

    // A function has no initializers: there the constant stays a node, at its place.
    private void Place(WeightEntry entry, StoredTensor stored, List<WireWriter> nodes)
    {
        var graph = entry.Source.Graph;
        if (analysis.Places.MayMerge(graph))
        {
            // What the cast is folded to is a tensor of the branch.
            edits.Need(StandingNeeds.Subgraphs);
        }

        if (analysis.Places.NeedsNodes(graph))
        {
            nodes.Insert(0, placer.Node(stored));
        }
        else
        {
            placer.Place(graph, stored);
        }

        if (entry.Source.Node is { } constant)
        {
            edits.Nodes[constant] = nodes;
        }
        else
        {
            edits.Tensors[entry.Tensor] = null;
            edits.RemoveValue(graph, entry.Name);
            nodes.ForEach(n => GraphEdits.Add(edits.FirstNodes, graph, n));
        }
    }

    private void Replace(WeightEntry entry, StoredTensor stored)
    {
        var graph = entry.Source.Graph;
        if (entry.Source.Node is { } constant && !analysis.Places.NeedsNodes(graph))
        {
            // Data of a Constant node must lie in the graph; an initializer may lie outside.
            edits.Nodes[constant] = [];
            placer.Place(graph, stored);
        }
        else
        {
            edits.Tensors[entry.Tensor] = stored.Write(dataName);
        }
    }
}
