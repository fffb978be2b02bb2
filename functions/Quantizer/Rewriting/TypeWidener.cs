using System.Runtime.InteropServices;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Streaming;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>
/// Copies a model with float32 for bfloat16 wherever a type stands: tensors, declared values, and the attributes <c>to</c>
/// and <c>dtype</c> of operators that make a type. The field numbers are those of onnx.proto.
/// </summary>
internal sealed class TypeWidener(
    InspectedModel inspected, WeightReader reader, DataFile data, string dataName, CancellationToken cancellationToken)
{
    private const int Piece = 1 << 18;
    private const ulong From = (ulong)ElementType.BFloat16;
    private const long To = (long)ElementType.Float;

    private readonly Dictionary<int, OnnxTensor> _tensors = Tensors(inspected.Model!);
    // Data of a Constant node must lie in the graph.
    private readonly HashSet<int> _constants =
    [
        .. inspected
            .Model!.AllGraphs.SelectMany(graph => graph.Nodes)
            .SelectMany(node => node.Attributes)
            .Select(attribute => attribute.Tensor)
            .OfType<OnnxTensor>()
            .Select(tensor => tensor.Body.Start),
    ];
    private float[] _values = [];

    internal WireWriter Write() => Copy(inspected.Model!.Body, (field, output) => field.Number switch
    {
        7 => Put(output, 7, Graph(field.Payload)),
        25 => Put(output, 25, Function(field.Payload)),
        _ => false,
    });

    private WireWriter Graph(ByteRange body) => Copy(body, (field, output) => field.Number switch
    {
        1 => Put(output, 1, Node(field.Payload)),
        5 => Tensor(output, 5, field.Payload),
        11 or 12 or 13 => Put(output, field.Number, Value(field.Payload)),
        _ => false,
    });

    private WireWriter Function(ByteRange body) => Copy(body, (field, output) => field.Number switch
    {
        7 => Put(output, 7, Node(field.Payload)),
        11 => Put(output, 11, Attribute(field.Payload)),
        12 => Put(output, 12, Value(field.Payload)),
        _ => false,
    });

    private WireWriter Node(ByteRange body) => Copy(body, (field, output) =>
        field.Number == 5 && Put(output, 5, Attribute(field.Payload)));

    private WireWriter Attribute(ByteRange body)
    {
        var makesType = false;
        var file = inspected.File.Span;
        for (var cursor = new WireCursor(file, body); cursor.Next(out var field);)
        {
            makesType |= field is { Number: 1, Type: WireType.Bytes }
                && (file.Slice(field.Payload.Start, field.Payload.Length).SequenceEqual("to"u8)
                    || file.Slice(field.Payload.Start, field.Payload.Length).SequenceEqual("dtype"u8));
        }

        return Copy(body, (field, output) => field.Number switch
        {
            5 => Tensor(output, 5, field.Payload),
            6 or 11 => Put(output, field.Number, Graph(field.Payload)),
            _ => false,
        }, typeField: makesType ? 3 : 0);
    }

    // ValueInfoProto.type; inside it tensor_type.elem_type, and the same again inside of sequences and optionals.
    private WireWriter Value(ByteRange body) => Copy(body, (field, output) => field.Number == 2 && Put(output, 2, Type(field.Payload)));

    private WireWriter Type(ByteRange body) =>
        Copy(
            body,
            (field, output) =>
                field.Number switch
                {
                    1 => Put(output, 1, Copy(field.Payload, static (_, _) => false, typeField: 1)),
                    4 or 9 => Put(
                        output,
                        field.Number,
                        Copy(field.Payload, (inner, holder) => inner.Number == 1 && Put(holder, 1, Type(inner.Payload)))),
                    _ => false,
                }
        );

    private bool Tensor(WireWriter output, int number, ByteRange body)
    {
        var tensor = _tensors.GetValueOrDefault(body.Start);
        if (tensor is null)
        {
            return false;
        }

        if (tensor.IsRepeat)
        {
            return true;
        }

        if (tensor.Type == ElementType.BFloat16)
        {
            output.Message(number, Widened(tensor, inline: _constants.Contains(body.Start)).Write(dataName));
            return true;
        }

        if (tensor is { Storage: Storage.External, Type: not ElementType.String })
        {
            var offset = data.Copy(reader, tensor, static _ => { }, cancellationToken);
            output.Message(number, StoredTensor.Moved(tensor, inspected.File.Span, dataName, offset));
            return true;
        }

        return false;
    }

    private StoredTensor Widened(OnnxTensor tensor, bool inline)
    {
        var target = new TensorTarget(tensor.Elements * 4, inline, data);
        SliceBuffer.Grow(ref _values, Piece);
        for (long done = 0; done < tensor.Elements; done += Piece)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var values = _values.AsSpan(0, (int)Math.Min(Piece, tensor.Elements - done));
            reader.ReadFloats(tensor, done, values);
            target.Put(MemoryMarshal.AsBytes(values), done * 4);
        }

        data.Advance();
        return target.Tensor(tensor.Name, ElementType.Float, [.. tensor.Dims]);
    }

    private static bool Put(WireWriter output, int number, WireWriter message)
    {
        output.Message(number, message);
        return true;
    }

    /// <summary>Copies a message. What <paramref name="change"/> wrote itself is left out; the number of <paramref name="typeField"/> is an element type.</summary>
    private WireWriter Copy(ByteRange body, Func<WireField, WireWriter, bool> change, int typeField = 0)
    {
        var output = new WireWriter();
        for (var cursor = new WireCursor(inspected.File.Span, body); cursor.Next(out var field);)
        {
            if (field is { Type: WireType.Varint, Value: From } && field.Number == typeField)
            {
                output.Varint(typeField, To);
            }
            else if (field.Type != WireType.Bytes || !change(field, output))
            {
                output.Copy(field.Whole);
            }
        }

        return output;
    }

    private static Dictionary<int, OnnxTensor> Tensors(OnnxModel model) => model.AllGraphs
        .SelectMany(graph => graph.Initializers
            .Concat(graph.Nodes.SelectMany(node => node.Attributes).Select(attribute => attribute.Tensor).OfType<OnnxTensor>()))
        .ToDictionary(tensor => tensor.Body.Start);
}
