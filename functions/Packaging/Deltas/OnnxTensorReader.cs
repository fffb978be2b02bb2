using System.Globalization;
using System.Text;

namespace SlmOps.Packaging.Deltas;

/// <summary>
/// Finds the tensors of an ONNX file by its protobuf wire format (onnx.proto: ModelProto.graph = 7,
/// GraphProto.initializer = 5; of TensorProto dims = 1, data_type = 2, name = 8, raw_data = 9, external_data = 13).
/// It skips weights without reading them, and a file that is not ONNX simply has no tensors.
/// </summary>
internal sealed class OnnxTensorReader
{
    private const int MaxTensors = 1_000_000;
    private const int MaxText = 4096;
    private readonly Stream _stream;
    private readonly string _path;
    private readonly List<TensorSpan> _tensors = [];

    private OnnxTensorReader(Stream stream, string path) => (_stream, _path) = (stream, path);

    /// <summary>The tensors whose bytes lie in a file of their own or in this one, as one run of bytes.</summary>
    internal static IReadOnlyList<TensorSpan> Read(Stream graph, string path)
    {
        using var buffered = new BufferedStream(graph, 64 << 10);
        var reader = new OnnxTensorReader(buffered, path);
        try
        {
            reader.Model(graph.Length);
            return reader._tensors;
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private void Model(long end)
    {
        while (Next(end, out var field, out var fieldEnd))
        {
            if (field == 7)
            {
                Graph(fieldEnd);
            }

            _stream.Position = fieldEnd;
        }
    }

    private void Graph(long end)
    {
        while (Next(end, out var field, out var fieldEnd))
        {
            if (field == 5 && _tensors.Count < MaxTensors)
            {
                Tensor(fieldEnd);
            }

            _stream.Position = fieldEnd;
        }
    }

    private void Tensor(long end)
    {
        var shape = new StringBuilder();
        var type = 0UL;
        var name = "";
        (long Offset, long Length)? raw = null;
        var external = new Dictionary<string, string>();
        while (Next(end, out var field, out var fieldEnd, out var value))
        {
            switch (field)
            {
                case 1 when fieldEnd > _stream.Position:
                    while (_stream.Position < fieldEnd)
                    {
                        shape.Append(CultureInfo.InvariantCulture, $",{Varint(fieldEnd)}");
                    }

                    break;
                case 1:
                    shape.Append(CultureInfo.InvariantCulture, $",{value}");
                    break;
                case 2:
                    type = value;
                    break;
                case 8:
                    name = Text(fieldEnd);
                    break;
                case 9:
                    raw = (_stream.Position, fieldEnd - _stream.Position);
                    break;
                case 13:
                    Entry(fieldEnd, external);
                    break;
            }

            _stream.Position = fieldEnd;
        }

        var key = string.Create(CultureInfo.InvariantCulture, $"{name}|{type}|{shape}");
        if (external.TryGetValue("location", out var location)
            && external.TryGetValue("length", out var text) && TryNumber(text, out var length)
            && TryNumber(external.GetValueOrDefault("offset", "0"), out var offset))
        {
            _tensors.Add(new(Resolve(location), offset, length, key));
        }
        else if (raw is { } inline)
        {
            _tensors.Add(new(_path, inline.Offset, inline.Length, key));
        }
    }

    private void Entry(long end, Dictionary<string, string> entries)
    {
        var (key, value) = ("", "");
        while (Next(end, out var field, out var fieldEnd))
        {
            if (field == 1)
            {
                key = Text(fieldEnd);
            }
            else if (field == 2)
            {
                value = Text(fieldEnd);
            }

            _stream.Position = fieldEnd;
        }

        entries[key] = value;
    }

    private bool Next(long end, out ulong field, out long fieldEnd) => Next(end, out field, out fieldEnd, out _);

    /// <summary>Reads a field's tag and value, or its length; the position is then at the content, which ends at <paramref name="fieldEnd"/>.</summary>
    private bool Next(long end, out ulong field, out long fieldEnd, out ulong value)
    {
        (field, fieldEnd, value) = (0, end, 0);
        if (_stream.Position >= end)
        {
            return false;
        }

        var tag = Varint(end);
        field = tag >> 3;
        switch (tag & 7)
        {
            case 0:
                value = Varint(end);
                fieldEnd = _stream.Position;
                break;
            case 1:
                fieldEnd = _stream.Position + 8;
                break;
            case 2:
                var length = Varint(end);
                fieldEnd = length <= (ulong)(end - _stream.Position) ? _stream.Position + (long)length : throw new InvalidDataException();
                break;
            case 5:
                fieldEnd = _stream.Position + 4;
                break;
            default:
                throw new InvalidDataException();
        }

        return fieldEnd <= end ? true : throw new InvalidDataException();
    }

    private ulong Varint(long end)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64 && _stream.Position < end; shift += 7)
        {
            var next = _stream.ReadByte();
            value |= ((ulong)next & 0x7F) << shift;
            if (next is >= 0 and < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException();
    }

    private string Text(long end)
    {
        var bytes = new byte[Math.Min(end - _stream.Position, MaxText)];
        _stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Locations are relative to the folder of the graph.</summary>
    private string Resolve(string location)
    {
        var folder = _path.LastIndexOf('/');
        return folder < 0 ? location : $"{_path[..folder]}/{location}";
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
