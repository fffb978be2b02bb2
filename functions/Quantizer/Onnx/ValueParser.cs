using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Onnx;

internal readonly ref struct ValueParser(ReadOnlySpan<byte> data, InspectionLimits limits)
{
    private readonly ReadOnlySpan<byte> _data = data;

    internal OnnxValue Parse(ByteRange body, ref long graphBytes)
    {
        var name = "";
        var type = ElementType.Undefined;
        List<OnnxDim>? shape = null;
        var text = "unknown";
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 1, Type: WireType.Bytes })
            {
                name = ModelParser.Text(_data, field, limits, ref graphBytes);
            }
            else if (field is { Number: 2, Type: WireType.Bytes })
            {
                (type, shape, text) = ParseType(field.Payload, ref graphBytes);
            }
        }

        return new OnnxValue(name, type, shape, text);
    }

    private (ElementType Type, List<OnnxDim>? Shape, string Text) ParseType(ByteRange body, ref long graphBytes)
    {
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            switch (field.Number, field.Type)
            {
                case (1, WireType.Bytes):
                    return ParseTensorType(field.Payload, ref graphBytes);
                case (4, WireType.Bytes):
                    return (ElementType.Undefined, null, "sequence");
                case (5, WireType.Bytes):
                    return (ElementType.Undefined, null, "map");
                case (8, WireType.Bytes):
                    return (ElementType.Undefined, null, "sparse tensor");
                case (9, WireType.Bytes):
                    return (ElementType.Undefined, null, "optional");
            }
        }

        return (ElementType.Undefined, null, "unknown");
    }

    private (ElementType Type, List<OnnxDim>? Shape, string Text) ParseTensorType(ByteRange body, ref long graphBytes)
    {
        var type = ElementType.Undefined;
        List<OnnxDim>? shape = null;
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 1, Type: WireType.Varint })
            {
                type = field.Value <= (ulong)ElementType.Int2 ? (ElementType)field.Value : ElementType.Undefined;
            }
            else if (field is { Number: 2, Type: WireType.Bytes })
            {
                shape = [];
                var dims = new WireCursor(_data, field.Payload);
                while (dims.Next(out var dim))
                {
                    if (dim is { Number: 1, Type: WireType.Bytes })
                    {
                        if (shape.Count >= limits.MaxRank)
                        {
                            throw new WireFormatException(dim.Start, 1, false, $"a shape has more than {limits.MaxRank} dimensions");
                        }

                        shape.Add(ParseDim(dim.Payload, ref graphBytes));
                    }
                }
            }
        }

        return (type, shape, type.Text());
    }

    private OnnxDim ParseDim(ByteRange body, ref long graphBytes)
    {
        long? size = null;
        string? symbol = null;
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 1, Type: WireType.Varint })
            {
                size = (long)field.Value;
            }
            else if (field is { Number: 2, Type: WireType.Bytes })
            {
                symbol = ModelParser.Text(_data, field, limits, ref graphBytes);
            }
        }

        return new OnnxDim(size is < 0 ? null : size, symbol);
    }
}
