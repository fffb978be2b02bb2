using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>An attribute of a node that is written: a whole number, a list of them, or a prepared message.</summary>
internal readonly record struct NodeAttribute(string Name, long? Int, long[]? Ints = null, float? Float = null)
{
    internal static NodeAttribute Of(string name, long value) => new(name, value);

    internal static NodeAttribute Of(string name, params long[] values) => new(name, null, values);
}

/// <summary>Writes NodeProto messages.</summary>
internal static class NodeWriter
{
    internal static WireWriter Node(
        string opType,
        string domain,
        string name,
        string[] inputs,
        string[] outputs,
        params NodeAttribute[] attributes)
    {
        var node = new WireWriter();
        Body(node, opType, domain, inputs, outputs, attributes);
        node.Text(3, name);
        return node;
    }

    /// <summary>The same node with another operator: its name, documentation, metadata and unknown fields stay.</summary>
    internal static WireWriter Instead(
        OnnxNode original,
        ReadOnlySpan<byte> data,
        string opType,
        string domain,
        string[] inputs,
        string[] outputs,
        params NodeAttribute[] attributes)
    {
        var node = new WireWriter();
        Body(node, opType, domain, inputs, outputs, attributes);
        var cursor = new WireCursor(data, original.Body);
        while (cursor.Next(out var field))
        {
            if (field.Number is not (1 or 2 or 4 or 5 or 7 or 8))
            {
                node.Copy(field.Whole);
            }
        }

        return node;
    }

    /// <summary>The same node with other inputs and outputs.</summary>
    internal static WireWriter WithInputs(OnnxNode original, ReadOnlySpan<byte> data, string[] inputs, string[] outputs)
    {
        var node = new WireWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        var cursor = new WireCursor(data, original.Body);
        while (cursor.Next(out var field))
        {
            if (field.Number is not (1 or 2))
            {
                node.Copy(field.Whole);
            }
        }

        return node;
    }

    internal static WireWriter ConstantNode(string output, string name, WireWriter tensor)
    {
        var attribute = new WireWriter();
        attribute.Text(1, "value");
        attribute.Message(5, tensor);
        attribute.Varint(20, 4);
        var node = new WireWriter();
        node.Text(2, output);
        node.Text(3, name);
        node.Text(4, "Constant");
        node.Message(5, attribute);
        return node;
    }

    private static void Body(WireWriter node, string opType, string domain, string[] inputs, string[] outputs, NodeAttribute[] attributes)
    {
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        node.Text(4, opType);
        foreach (var attribute in attributes)
        {
            node.Message(5, Attribute(attribute));
        }

        if (domain.Length > 0)
        {
            node.Text(7, domain);
        }
    }

    private static WireWriter Attribute(NodeAttribute attribute)
    {
        var message = new WireWriter();
        message.Text(1, attribute.Name);
        if (attribute.Int is { } value)
        {
            message.Varint(3, value);
            message.Varint(20, 2);
        }
        else if (attribute.Float is { } number)
        {
            message.Float(2, number);
            message.Varint(20, 1);
        }
        else
        {
            foreach (var item in attribute.Ints!)
            {
                message.Varint(8, item);
            }

            message.Varint(20, 7);
        }

        return message;
    }
}
