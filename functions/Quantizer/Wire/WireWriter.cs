using System.Buffers;
using System.Text;

namespace SlmOps.Quantizer.Wire;

/// <summary>
/// Builds a message as a list of segments: own bytes, and pieces of the source file that are copied only when the
/// message is written out. Large inline weights that nobody touched therefore never enter memory.
/// </summary>
internal sealed class WireWriter
{
    private readonly List<Segment> _segments = [];
    private readonly ArrayBufferWriter<byte> _own = new();

    private readonly record struct Segment(byte[]? Own, ByteRange Range);

    internal long Length { get; private set; }

    internal void Varint(int number, long value)
    {
        Tag(number, WireType.Varint);
        Raw((ulong)value);
    }

    internal void Float(int number, float value)
    {
        Tag(number, WireType.Fixed32);
        Span<byte> bytes = stackalloc byte[4];
        BitConverter.TryWriteBytes(bytes, value);
        _own.Write(bytes);
        Length += 4;
    }

    internal void Text(int number, string value) => Bytes(number, Encoding.UTF8.GetBytes(value));

    internal void Bytes(int number, ReadOnlySpan<byte> value)
    {
        Tag(number, WireType.Bytes);
        Raw((ulong)value.Length);
        _own.Write(value);
        Length += value.Length;
    }

    internal void Message(int number, WireWriter child)
    {
        Tag(number, WireType.Bytes);
        Raw((ulong)child.Length);
        Flush();
        child.Flush();
        _segments.AddRange(child._segments);
        Length += child.Length;
    }

    /// <summary>Keeps bytes of the source exactly as they are.</summary>
    internal void Copy(ByteRange source)
    {
        Flush();
        if (_segments.Count > 0 && _segments[^1] is { Own: null } last && last.Range.End == source.Start)
        {
            _segments[^1] = new Segment(null, new ByteRange(last.Range.Start, last.Range.Length + source.Length));
        }
        else
        {
            _segments.Add(new Segment(null, source));
        }

        Length += source.Length;
    }

    /// <param name="output">Takes the message.</param>
    /// <param name="copy">Writes a piece of the source.</param>
    internal void WriteTo(Stream output, Action<Stream, ByteRange> copy)
    {
        Flush();
        foreach (var (own, range) in _segments)
        {
            if (own is not null)
            {
                output.Write(own);
            }
            else
            {
                copy(output, range);
            }
        }
    }

    private void Tag(int number, WireType type) => Raw(((ulong)number << 3) | (ulong)type);

    private void Raw(ulong value)
    {
        while (value >= 0x80)
        {
            _own.Write([(byte)(value | 0x80)]);
            value >>= 7;
            Length++;
        }

        _own.Write([(byte)value]);
        Length++;
    }

    private void Flush()
    {
        if (_own.WrittenCount > 0)
        {
            _segments.Add(new Segment(_own.WrittenSpan.ToArray(), default));
            _own.ResetWrittenCount();
        }
    }
}
