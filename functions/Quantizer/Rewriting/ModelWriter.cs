using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Writes the model again with its edits; messages without an edit inside are copied as they are.</summary>
internal readonly ref struct ModelWriter(ReadOnlySpan<byte> data, OnnxModel model, GraphEdits edits)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private readonly DirtyMessages _dirty = new(model, edits);

    internal WireWriter Write()
    {
        var output = new WireWriter();
        var function = 0;
        var cursor = new WireCursor(_data, model.Body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 7, Type: WireType.Bytes } && _dirty.Contains(model.Graph!))
            {
                output.Message(7, Graph(model.Graph!));
            }
            else if (field is { Number: 25, Type: WireType.Bytes } && model.Functions[function++] is var body && _dirty.Contains(body))
            {
                output.Message(25, Graph(body));
            }
            else
            {
                output.Copy(field.Whole);
            }
        }

        // ONNX Runtime takes its own operators without an import; other readers do not.
        if (
            (edits.UsesContrib || model.AllGraphs.Any(g => g.Nodes.Exists(n => n.Domain == KnownOperators.Contrib)))
            && model.Opsets.TrueForAll(o => o.Domain != KnownOperators.Contrib))
        {
            output.Message(8, ContribOpset());
        }

        return output;
    }

    private static WireWriter ContribOpset()
    {
        var opset = new WireWriter();
        opset.Text(1, KnownOperators.Contrib);
        opset.Varint(2, 1);
        return opset;
    }

    private WireWriter Graph(OnnxGraph graph)
    {
        var output = new WireWriter();
        var (node, initializer, input, value) = (0, 0, 0, 0);
        var first = edits.FirstNodes.GetValueOrDefault(graph) ?? [];
        var removed = edits.RemovedValues.GetValueOrDefault(graph) ?? [];
        var isFunction = graph.Kind == GraphKind.Function;
        var started = false;
        var cursor = new WireCursor(_data, graph.Body);
        while (cursor.Next(out var field))
        {
            if (field.Type == WireType.Bytes && field.Number == graph.NodeField)
            {
                if (!started)
                {
                    started = true;
                    first.ForEach(n => output.Message(graph.NodeField, n));
                }

                Node(output, graph, graph.Nodes[node++], field);
                continue;
            }

            var keep = field.Type != WireType.Bytes || field.Number switch
            {
                5 when !isFunction => Initializer(output, graph.Initializers[initializer++]),
                11 when !isFunction => !removed.Contains(graph.Inputs[input++].Name),
                12 when isFunction => !removed.Contains(graph.Values[value++].Name),
                13 when !isFunction => !removed.Contains(graph.Values[value++].Name),
                _ => true,
            };
            if (keep)
            {
                output.Copy(field.Whole);
            }
        }

        if (!started)
        {
            first.ForEach(n => output.Message(graph.NodeField, n));
        }

        foreach (var added in edits.AddedInitializers.GetValueOrDefault(graph) ?? [])
        {
            output.Message(5, added);
        }

        foreach (var added in edits.AddedInputs.GetValueOrDefault(graph) ?? [])
        {
            output.Message(11, added);
        }

        if (edits.ContribFunctions.Contains(graph) && graph.Opsets.TrueForAll(o => o.Domain != KnownOperators.Contrib))
        {
            output.Message(9, ContribOpset());
        }

        return output;
    }

    private bool Initializer(WireWriter output, OnnxTensor tensor)
    {
        if (tensor.IsRepeat)
        {
            return false;
        }

        if (!edits.Tensors.TryGetValue(tensor, out var replacement))
        {
            return true;
        }

        if (replacement is not null)
        {
            output.Message(5, replacement);
        }

        return false;
    }

    private void Node(WireWriter output, OnnxGraph graph, OnnxNode node, WireField field)
    {
        if (edits.Nodes.TryGetValue(node, out var others))
        {
            others.ForEach(n => output.Message(graph.NodeField, n));
        }
        else if (_dirty.Contains(node))
        {
            output.Message(graph.NodeField, NodeWithAttributes(node));
        }
        else
        {
            output.Copy(field.Whole);
        }
    }

    private WireWriter NodeWithAttributes(OnnxNode node)
    {
        var output = new WireWriter();
        var next = 0;
        var cursor = new WireCursor(_data, node.Body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 5, Type: WireType.Bytes } && node.Attributes[next++] is var attribute && _dirty.Contains(attribute))
            {
                output.Message(5, Attribute(attribute));
            }
            else
            {
                output.Copy(field.Whole);
            }
        }

        return output;
    }

    private WireWriter Attribute(OnnxAttribute attribute)
    {
        var output = new WireWriter();
        var graph = 0;
        var cursor = new WireCursor(_data, attribute.Body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 6 or 11, Type: WireType.Bytes })
            {
                var child = attribute.Graphs[graph++];
                if (_dirty.Contains(child))
                {
                    output.Message(field.Number, Graph(child));
                    continue;
                }
            }
            else if (field is { Number: 5, Type: WireType.Bytes } && attribute.Tensor is { } tensor
                && edits.Tensors.GetValueOrDefault(tensor) is { } replacement)
            {
                output.Message(5, replacement);
                continue;
            }

            output.Copy(field.Whole);
        }

        return output;
    }
}
