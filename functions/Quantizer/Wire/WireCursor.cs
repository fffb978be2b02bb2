namespace SlmOps.Quantizer.Wire;

internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>One field as it lies in the file. <see cref="Start"/> is where its tag begins.</summary>
internal readonly record struct WireField(int Number, WireType Type, int Start, ByteRange Payload, ulong Value)
{
    internal ByteRange Whole => new(Start, Payload.End - Start);
}

/// <summary>Thrown on bytes that are no protobuf message; the parser turns it into a problem that names the file.</summary>
internal sealed class WireFormatException(int offset, int fieldNumber, bool pastEnd, string message) : Exception(message)
{
    internal int Offset => offset;

    internal int FieldNumber => fieldNumber;

    /// <summary>True when a field claims more bytes than are there.</summary>
    internal bool PastEnd => pastEnd;
}

/// <summary>Walks the fields of one message over borrowed bytes; copies and allocates nothing.</summary>
internal ref struct WireCursor(ReadOnlySpan<byte> data, ByteRange message)
{
    private const int LongestVarint = 10;
    private readonly ReadOnlySpan<byte> _data = data[..message.End];
    private int _position = message.Start;

    internal bool Next(out WireField field)
    {
        if (_position >= _data.Length)
        {
            field = default;
            return false;
        }

        var start = _position;
        var tag = Varint(0);
        var number = (int)(tag >> 3);
        if (tag > uint.MaxValue || number == 0)
        {
            throw new WireFormatException(start, 0, false, $"byte {start} is not the start of a protobuf field");
        }

        var payload = _position;
        ulong value = 0;
        long length;
        switch ((int)(tag & 7))
        {
            case 0:
                value = Varint(number);
                length = _position - payload;
                break;
            case 1:
                length = 8;
                break;
            case 2:
                var claimed = Varint(number);
                payload = _position;
                length = claimed > int.MaxValue ? int.MaxValue : (long)claimed;
                break;
            case 5:
                length = 4;
                break;
            default:
                throw new WireFormatException(start, number, false, $"field {number} at byte {start} has an unknown wire type");
        }

        if (length > _data.Length - payload)
        {
            throw new WireFormatException(
                start,
                number,
                true,
                $"field {number} at byte {start} claims {length} bytes, {_data.Length - payload} are left");
        }

        var range = new ByteRange(payload, (int)length);
        if ((tag & 7) == 1)
        {
            value = BitConverter.ToUInt64(_data.Slice(payload, 8));
        }
        else if ((tag & 7) == 5)
        {
            value = BitConverter.ToUInt32(_data.Slice(payload, 4));
        }

        _position = range.End;
        field = new WireField(number, (WireType)(tag & 7), start, range, value);
        return true;
    }

    /// <summary>Counts the varints of a packed field: each ends in exactly one byte below 128, and every one must end.</summary>
    internal static long CountVarints(ReadOnlySpan<byte> data, WireField field)
    {
        var (count, unfinished) = (0L, 0);
        foreach (var b in data.Slice(field.Payload.Start, field.Payload.Length))
        {
            if (b < 0x80)
            {
                (count, unfinished) = (count + 1, 0);
            }
            else if (++unfinished == LongestVarint)
            {
                throw new WireFormatException(
                    field.Start,
                    field.Number,
                    false,
                    $"field {field.Number} at byte {field.Start} has a number that is longer than ten bytes");
            }
        }

        return unfinished == 0
            ? count
            : throw new WireFormatException(
                field.Start,
                field.Number,
                true,
                $"field {field.Number} at byte {field.Start} ends inside a number");
    }

    /// <summary>Reads the varints of a packed field (or the single one of an unpacked field).</summary>
    internal static void ReadVarints(ReadOnlySpan<byte> data, WireField field, List<long> into, int limit)
    {
        if (field.Type == WireType.Varint)
        {
            Add(into, (long)field.Value, limit, field);
            return;
        }

        var cursor = new WireCursor(data, field.Payload);
        while (cursor._position < cursor._data.Length)
        {
            Add(into, (long)cursor.Varint(field.Number), limit, field);
        }
    }

    private static void Add(List<long> into, long value, int limit, WireField field)
    {
        if (into.Count >= limit)
        {
            throw new WireFormatException(
                field.Start,
                field.Number,
                false,
                $"field {field.Number} at byte {field.Start} has more than {limit} entries");
        }

        into.Add(value);
    }

    private ulong Varint(int number)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position >= _data.Length)
            {
                throw new WireFormatException(_position, number, true, "the bytes end inside a number");
            }

            var b = _data[_position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new WireFormatException(_position, number, false, $"a number before byte {_position} is longer than ten bytes");
    }
}
