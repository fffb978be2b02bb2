namespace SlmOps.Packaging.Sharding;

/// <summary>A field of a protobuf message, as offsets into the bytes that hold it.</summary>
/// <param name="Number">Field number.</param>
/// <param name="Start">First byte of its tag.</param>
/// <param name="Content">First byte of its content, behind tag and length.</param>
/// <param name="End">First byte after it.</param>
internal readonly record struct ProtoField(int Number, int Start, int Content, int End)
{
    /// <summary>The fields of a message, in order.</summary>
    /// <exception cref="InvalidDataException">When the bytes are not a message.</exception>
    internal static IEnumerable<ProtoField> Read(byte[] bytes, int start, int end)
    {
        for (var at = start; at < end;)
        {
            var tag = Varint(bytes, at, end, out var content);
            var next = (tag & 7) switch
            {
                0 => SkipVarint(bytes, content, end),
                1 => content + 8L,
                2 => Varint(bytes, content, end, out content) is var length && length <= (ulong)(end - content)
                    ? content + (long)length
                    : long.MaxValue,
                5 => content + 4L,
                _ => long.MaxValue,
            };
            if (next > end || tag >> 3 is 0 or > int.MaxValue)
            {
                throw new InvalidDataException($"The message has a field at byte {at} that does not fit.");
            }

            yield return new((int)(tag >> 3), at, content, (int)next);
            at = (int)next;
        }
    }

    /// <summary>Appends a field with a length.</summary>
    internal static void Write(Stream output, int number, ReadOnlySpan<byte> content)
    {
        WriteHead(output, number, content.Length);
        output.Write(content);
    }

    internal static void WriteHead(Stream output, int number, long length)
    {
        WriteVarint(output, ((ulong)number << 3) | 2);
        WriteVarint(output, (ulong)length);
    }

    private static void WriteVarint(Stream output, ulong value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            output.WriteByte((byte)(value | 0x80));
        }

        output.WriteByte((byte)value);
    }

    private static long SkipVarint(byte[] bytes, int at, int end)
    {
        Varint(bytes, at, end, out var next);
        return next;
    }

    private static ulong Varint(byte[] bytes, int at, int end, out int next)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64 && at < end; shift += 7)
        {
            var one = bytes[at++];
            value |= ((ulong)one & 0x7F) << shift;
            if (one < 0x80)
            {
                next = at;
                return value;
            }
        }

        throw new InvalidDataException($"The message ends in a number at byte {at}.");
    }
}
