using System.Buffers.Binary;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Analysis;

/// <summary>Small constant integer vectors: shapes, axes.</summary>
internal sealed class ConstantInts(ValueIndex index, ModelFile file)
{
    private const int Most = 64;

    internal long[]? Read(OnnxGraph graph, string name)
    {
        if (index.Resolve(graph, name) is not { IsInput: false } source)
        {
            return null;
        }

        if (source.Node is { } node && node.Is("Constant"))
        {
            return node.Attribute("value_ints")?.Ints?.ToArray() ?? Read(node.Attribute("value")?.Tensor);
        }

        return source.Node is null ? Read(source.Initializer) : null;
    }

    private long[]? Read(OnnxTensor? tensor)
    {
        if (tensor is null || tensor.Elements is < 0 or > Most || tensor.Type is not (ElementType.Int64 or ElementType.Int32))
        {
            return null;
        }

        var data = file.Span;
        var values = new List<long>();
        if (tensor.Storage == Storage.Inline)
        {
            var bytes = data.Slice(tensor.Inline.Start, tensor.Inline.Length);
            var size = tensor.Type.Bits() / 8;
            for (var i = 0; i + size <= bytes.Length; i += size)
            {
                values.Add(
                    size == 8 ? BinaryPrimitives.ReadInt64LittleEndian(bytes[i..]) : BinaryPrimitives.ReadInt32LittleEndian(bytes[i..]));
            }
        }
        else if (tensor.Storage == Storage.Typed)
        {
            var cursor = new WireCursor(data, tensor.Body);
            while (cursor.Next(out var field))
            {
                if (field.Number is 5 or 7)
                {
                    WireCursor.ReadVarints(data, field, values, Most);
                }
            }
        }

        return values.Count == tensor.Elements ? [.. values] : null;
    }
}
