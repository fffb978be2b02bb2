using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Stores weights in another form under their own names, so that no other node has to change.</summary>
internal sealed class TensorRewriter(
    InspectedModel inspected, ValueIndex index, QuantizationOptions options, WeightReader reader, DataFile data, string dataName, GraphEdits edits, TensorPlaces places, TensorPlacer placer)
{
    private readonly ElementWriter _writer = new(reader, data);

    /// <summary>Null when the weight has to stay as it is; the reason is given then.</summary>
    internal TensorReport? Write(PlannedTensor planned, Action<long> progress, out string? stays, CancellationToken cancellationToken)
    {
        var entry = planned.Entry;
        stays = null;
        if (planned.Scheme is HalfScheme)
        {
            var half = _writer.StoreHalf(
                entry.Tensor, places.NeedsNodes(entry.Source.Graph), MaskTables.MayBeInfinite(entry), out var target, out stays, progress, cancellationToken);
            if (half is not { } error)
            {
                return null;
            }

            RequireFinite(entry, error);
            StoreHalf(entry, target!);
            return Report(entry, "half", 16, error, target!.Length, planned.Reason);
        }

        var mask = Mask(entry.Tensor, cancellationToken);
        var result = _writer.Prune(planned.View!, mask, places.NeedsNodes(entry.Source.Graph), out var pruned, progress, cancellationToken);
        RequireFinite(entry, result.Error);
        Replace(entry, pruned.Tensor(entry.Name, entry.Tensor.Type, [.. entry.Tensor.Dims]));
        return Report(entry, options.TwoOfFour ? "pruned-2-of-4" : "pruned", entry.Tensor.Type.Bits(), result.Error, entry.Tensor.ByteLength, planned.Reason) with
        {
            Zeros = result.Zeros,
            CompressedBefore = result.CompressedBefore,
            CompressedAfter = result.CompressedAfter,
        };
    }

    /// <summary>The mask that the options ask for.</summary>
    internal PruneMask Mask(OnnxTensor tensor, CancellationToken cancellationToken) =>
        _writer.Mask(tensor, options.Sparsity ?? 0.5, options.TwoOfFour, cancellationToken);

    internal static void RequireFinite(WeightEntry entry, BlockError error)
    {
        if (!error.Finite)
        {
            throw new ModelQuantizationException([Problems.NotFinite(entry.Name, "NaN or infinite values")]);
        }
    }

    private static TensorReport Report(WeightEntry entry, string scheme, int bits, BlockError error, long after, string reason) =>
        new(entry.Name, entry.OperatorText, scheme, bits, null, error.Relative, entry.Tensor.ByteLength, after, reason);

    private void StoreHalf(WeightEntry entry, TensorTarget target)
    {
        var name = index.NewName($"{entry.Name}_fp16");
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
            Place(entry, stored, [NodeWriter.Node(
                "Cast", "", index.NewName($"{name}_cast"), [name], [entry.Name], NodeAttribute.Of("to", (long)ElementType.Float))]);
        }
    }

    private List<WireWriter> GatherHalf(OnnxNode node, string table)
    {
        var scope = new NodeScope(node, inspected.Model!, index);
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
        if (places.MayMerge(graph))
        {
            // What the cast is folded to is a tensor of the branch.
            edits.Need(RuntimeNeeds.Subgraphs);
        }

        if (places.NeedsNodes(graph))
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
        if (entry.Source.Node is { } constant && !places.NeedsNodes(graph))
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
