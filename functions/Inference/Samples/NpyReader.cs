using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SlmOps.Inference.Samples;

/// <summary>
/// Reads NumPy's array format (NEP 1): a magic, a version, a header such as
/// <c>{'descr': '&lt;i8', 'fortran_order': False, 'shape': (1, 16), }</c>, then the elements.
/// </summary>
internal static class NpyReader
{
    private const int MostHeader = 64 << 10;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <param name="stream">The array.</param>
    /// <param name="path">File named in errors.</param>
    /// <param name="limits">What may be read.</param>
    /// <param name="room">Elements that may still be read; lowered by what was.</param>
    internal static SampleArray Read(Stream stream, string path, SampleLimits limits, ref long room)
    {
        try
        {
            var header = Header(stream, path);
            var (code, size, bigEndian) = Type(header, path);
            if (Field(header, "fortran_order", "True|False", path) == "True")
            {
                throw new SampleFilesException(path, "the array lies in Fortran order. Save it with numpy.ascontiguousarray.");
            }

            var shape = Shape(header, path, limits);
            var elements = shape.Aggregate(1.0, (product, length) => product * length);
            if (elements > room)
            {
                throw new SampleFilesException(
                    path,
                    $"the arrays have more than {limits.MaxElements} elements. Give fewer or smaller samples.");
            }

            room -= (long)elements;
            return new(shape, Values(stream, (int)elements, code, size, bigEndian));
        }
        catch (EndOfStreamException exception)
        {
            throw new SampleFilesException(path, "the array is cut off. Save it again.", exception);
        }
    }

    private static string Header(Stream stream, string path)
    {
        Span<byte> start = stackalloc byte[8];
        stream.ReadExactly(start);
        if (!start[..6].SequenceEqual(Magic) || start[6] is < 1 or > 3)
        {
            throw new SampleFilesException(path, "it is no NumPy array. Save it with numpy.save or numpy.savez.");
        }

        Span<byte> length = stackalloc byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(length);
        var bytes = start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(length) : BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (bytes > MostHeader)
        {
            throw new SampleFilesException(
                path,
                $"the header of the array claims {bytes} bytes; at most {MostHeader} are read. Save it again.");
        }

        var header = new byte[bytes];
        stream.ReadExactly(header);
        return Encoding.Latin1.GetString(header);
    }

    private static (char Code, int Size, bool BigEndian) Type(string header, string path)
    {
        var type = Field(header, "descr", "'[^']{0,16}'", path).Trim('\'');
        var known = type is [_, 'f', '2' or '4' or '8'] or [_, 'i' or 'u', '1' or '2' or '4' or '8'] or [_, 'b', '1'];
        return known && type[0] is ('<' or '>' or '|' or '=')
            ? (type[1], type[2] - '0', type[0] == '>')
            : throw new SampleFilesException(
                path,
                $"the array has elements of type '{type}'; numbers (f2, f4, f8, i1 to i8, u1 to u8) and b1 are read. Save it as one of "
                    + "these."
            );
    }

    private static long[] Shape(string header, string path, SampleLimits limits)
    {
        var sizes = Field(header, "shape", @"\([0-9, ]{0,256}\)", path).Trim('(', ')')
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return sizes.Length <= limits.MaxRank && sizes.All(size => size.Length < 11)
            ? [.. sizes.Select(size => long.Parse(size, CultureInfo.InvariantCulture))]
            : throw new SampleFilesException(
                path,
                $"the array has {sizes.Length} dimensions or one that is too large; at most {limits.MaxRank} are read.");
    }

    private static string Field(string header, string key, string value, string path)
    {
        var match = Regex.Match(header, $"'{key}'\\s*:\\s*({value})", RegexOptions.NonBacktracking);
        return match.Success
            ? match.Groups[1].Value
            : throw new SampleFilesException(path, $"the header of the array has no valid '{key}'. Save it again.");
    }

    /// <summary>Piece by piece, so that no memory is taken for elements that are not there.</summary>
    private static double[] Values(Stream stream, int count, char code, int size, bool bigEndian)
    {
        const int Piece = 8192;
        var values = new List<double>(Math.Min(count, Piece));
        var buffer = new byte[Piece * size];
        while (values.Count < count)
        {
            var bytes = buffer.AsSpan(0, Math.Min(Piece, count - values.Count) * size);
            stream.ReadExactly(bytes);
            for (; bytes.Length > 0; bytes = bytes[size..])
            {
                if (bigEndian)
                {
                    bytes[..size].Reverse();
                }

                values.Add(Value(bytes, code, size));
            }
        }

        return [.. values];
    }

    private static double Value(ReadOnlySpan<byte> bytes, char code, int size) => (code, size) switch
    {
        ('f', 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        ('f', 4) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        ('f', _) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        ('i', 1) => (sbyte)bytes[0],
        ('i', 2) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        ('i', 4) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ('i', _) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        ('u', 2) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        ('u', 4) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        ('u', 8) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => bytes[0],
    };
}
