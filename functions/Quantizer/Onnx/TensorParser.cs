using System.Globalization;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Onnx;

internal readonly ref struct TensorParser(ReadOnlySpan<byte> data, InspectionLimits limits)
{
    private readonly ReadOnlySpan<byte> _data = data;

    internal OnnxTensor Parse(ByteRange body, ref long graphBytes)
    {
        var tensor = new OnnxTensor { Body = body };
        var external = false;
        var chunks = 0;
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            switch (field.Number, field.Type)
            {
                case (1, WireType.Varint) or (1, WireType.Bytes):
                    WireCursor.ReadVarints(_data, field, tensor.Dims, limits.MaxRank);
                    break;
                case (2, WireType.Varint):
                    tensor.RawType = field.Value > int.MaxValue ? -1 : (int)field.Value;
                    tensor.Type = tensor.RawType is > 0 and <= (int)ElementType.Int2 ? (ElementType)tensor.RawType : ElementType.Undefined;
                    break;
                case (8, WireType.Bytes):
                    tensor.Name = ModelParser.Text(_data, field, limits, ref graphBytes);
                    break;
                case (9, WireType.Bytes):
                    tensor.Storage = Storage.Inline;
                    tensor.Inline = field.Payload;
                    break;
                case (4 or 5 or 6 or 7 or 10 or 11, _):
                    chunks++;
                    AddTyped(tensor, field);
                    break;
                case (13, WireType.Bytes):
                    tensor.External ??= new ExternalReference();
                    AddExternal(tensor.External, field.Payload, ref graphBytes);
                    break;
                case (14, WireType.Varint):
                    external = field.Value == 1;
                    break;
            }
        }

        if (external)
        {
            tensor.External ??= new ExternalReference();
            tensor.Storage = Storage.External;
        }
        else if (tensor.Storage == Storage.Typed && chunks == 1 && IsLittleEndianChunk(tensor))
        {
            tensor.Storage = Storage.Inline;
        }

        return tensor;
    }

    private static bool IsLittleEndianChunk(OnnxTensor tensor) =>
        tensor.Type is ElementType.Float or ElementType.Double && tensor.Inline.Length > 0
        && tensor.Inline.Length == tensor.TypedCount * (tensor.Type.Bits() / 8);

    private void AddTyped(OnnxTensor tensor, WireField field)
    {
        tensor.Storage = Storage.Typed;
        tensor.Inline = default;
        switch (field.Number, field.Type)
        {
            case (4, WireType.Bytes):
                tensor.Inline = field.Payload;
                tensor.TypedCount += field.Payload.Length / 4;
                break;
            case (10, WireType.Bytes):
                tensor.Inline = field.Payload;
                tensor.TypedCount += field.Payload.Length / 8;
                break;
            case (6, _):
            case (4, _):
            case (10, _):
            case (_, WireType.Varint):
                tensor.TypedCount++;
                break;
            case (_, WireType.Bytes):
                tensor.TypedCount += WireCursor.CountVarints(_data, field);
                break;
        }
    }

    private void AddExternal(ExternalReference reference, ByteRange entry, ref long graphBytes)
    {
        var key = "";
        var value = "";
        var cursor = new WireCursor(_data, entry);
        while (cursor.Next(out var field))
        {
            if (field is { Number: 1, Type: WireType.Bytes })
            {
                key = ModelParser.Text(_data, field, limits, ref graphBytes);
            }
            else if (field is { Number: 2, Type: WireType.Bytes })
            {
                value = ModelParser.Text(_data, field, limits, ref graphBytes);
            }
        }

        switch (key)
        {
            case "location":
                reference.Location = value;
                break;
            case "offset":
                reference.Offset = Number(reference, key, value) ?? 0;
                break;
            case "length":
                reference.Length = Number(reference, key, value);
                break;
        }
    }

    private static long? Number(ExternalReference reference, string key, string value)
    {
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        reference.Malformed = $"{key} '{(value.Length > 40 ? value[..40] : value)}'";
        return null;
    }
}
