using System.Buffers.Binary;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>The nodes that take the place of one node: collects them and names what lies between.</summary>
internal sealed class NodeScope(OnnxNode original, OnnxModel model, ValueIndex index)
{
    internal List<WireWriter> Nodes { get; } = [];

    internal string Base => original.Name.Length > 0 ? original.Name : $"{original.OpType}_{original.Outputs[0]}";

    /// <summary>Version of the standard operators where the node lies.</summary>
    internal long Opset
    {
        get
        {
            var root = original.Graph.Root;
            var imports = root.Kind == GraphKind.Function ? root.Opsets : model.Opsets;
            return imports.Find(o => o.Domain is "" or "ai.onnx").Version;
        }
    }

    internal string Value(string what) => index.NewName($"{Base}_{what}");

    internal string Add(string opType, string what, string[] inputs, params NodeAttribute[] attributes)
    {
        var output = Value(what);
        Nodes.Add(NodeWriter.Node(opType, "", index.NewName($"{Base}_{what}_node"), inputs, [output], attributes));
        return output;
    }

    internal void AddTo(string output, string opType, string domain, string what, string[] inputs, params NodeAttribute[] attributes) =>
        Nodes.Add(NodeWriter.Node(opType, domain, index.NewName($"{Base}_{what}_node"), inputs, [output], attributes));

    internal string Cast(string value, ElementType to, string what) => Add("Cast", what, [value], NodeAttribute.Of("to", (long)to));

    internal string Ints(string what, params long[] values)
    {
        var bytes = new byte[values.Length * 8];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * 8), values[i]);
        }

        return Constant(what, ElementType.Int64, [values.Length], bytes);
    }

    internal string Scalar(string what, ElementType type, float value)
    {
        var bytes = type switch
        {
            ElementType.Float16 => BitConverter.GetBytes((Half)value),
            ElementType.BFloat16 => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
            _ => BitConverter.GetBytes(value),
        };
        return Constant(what, type, [], bytes);
    }

    private string Constant(string what, ElementType type, long[] dims, byte[] bytes)
    {
        var output = Value(what);
        var tensor = new StoredTensor(output, type, dims, bytes, 0, bytes.Length).Write("");
        Nodes.Add(NodeWriter.ConstantNode(output, index.NewName($"{Base}_{what}_node"), tensor));
        return output;
    }
}
