using System.Globalization;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>A tensor of the output: its bytes, or where they lie in the data file.</summary>
internal sealed record StoredTensor(string Name, ElementType Type, long[] Dims, byte[]? Inline, long Offset, long Length)
{
    internal WireWriter Write(string dataFile)
    {
        var tensor = new WireWriter();
        foreach (var dim in Dims)
        {
            tensor.Varint(1, dim);
        }

        tensor.Varint(2, (long)Type);
        tensor.Text(8, Name);
        if (Inline is not null)
        {
            tensor.Bytes(9, Inline);
        }
        else
        {
            WriteExternal(tensor, dataFile, Offset, Length);
        }

        return tensor;
    }

    /// <summary>The original message with its data moved to another place; every other field stays as it was.</summary>
    internal static WireWriter Moved(OnnxTensor original, ReadOnlySpan<byte> data, string dataFile, long offset)
    {
        var tensor = new WireWriter();
        var cursor = new WireCursor(data, original.Body);
        while (cursor.Next(out var field))
        {
            if (field.Number is not (13 or 14))
            {
                tensor.Copy(field.Whole);
            }
        }

        WriteExternal(tensor, dataFile, offset, original.ByteLength);
        return tensor;
    }

    private static void WriteExternal(WireWriter tensor, string dataFile, long offset, long length)
    {
        Entry(tensor, "location", dataFile);
        Entry(tensor, "offset", offset.ToString(CultureInfo.InvariantCulture));
        Entry(tensor, "length", length.ToString(CultureInfo.InvariantCulture));
        tensor.Varint(14, 1);
    }

    private static void Entry(WireWriter tensor, string key, string value)
    {
        var entry = new WireWriter();
        entry.Text(1, key);
        entry.Text(2, value);
        tensor.Message(13, entry);
    }
}
