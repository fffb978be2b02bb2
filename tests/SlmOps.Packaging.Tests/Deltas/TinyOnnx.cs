using System.Text;

namespace SlmOps.Packaging.Tests.Deltas;

/// <summary>Writes ONNX files that hold tensors and nothing else.</summary>
internal static class TinyOnnx
{
    internal sealed record Tensor(string Name, int Type, byte[] Bytes);

    /// <summary>A graph whose tensors lie one after the other in <c>model.data</c>, aligned, and that file.</summary>
    internal static (byte[] Graph, byte[] Data) External(int alignment, params Tensor[] tensors)
    {
        using var data = new MemoryStream();
        var initializers = new List<byte[]>();
        foreach (var tensor in tensors)
        {
            data.SetLength((data.Length + alignment - 1) / alignment * alignment);
            data.Position = data.Length;
            initializers.Add([
                .. Field(1, (ulong)tensor.Bytes.Length),
                .. Field(2, (ulong)tensor.Type),
                .. Field(8, Encoding.UTF8.GetBytes(tensor.Name)),
                .. Field(13, Entry("location", "model.data")),
                .. Field(13, Entry("offset", $"{data.Position}")),
                .. Field(13, Entry("length", $"{tensor.Bytes.Length}")),
                .. Field(14, 1),
            ]);
            data.Write(tensor.Bytes);
        }

        return (Model(initializers), data.ToArray());
    }

    internal static byte[] Inline(params Tensor[] tensors) =>
        Model([
            .. tensors.Select(tensor =>
                (byte[])
                    [
                        .. Field(1, (ulong)tensor.Bytes.Length),
                        .. Field(2, (ulong)tensor.Type),
                        .. Field(9, tensor.Bytes),
                        .. Field(8, Encoding.UTF8.GetBytes(tensor.Name)),
                    ]),
        ]);

    private static byte[] Model(IEnumerable<byte[]> initializers) =>
        [.. Field(1, 8), .. Field(7, [.. Field(2, "g"u8.ToArray()), .. initializers.SelectMany(one => Field(5, one))])];

    private static byte[] Entry(string key, string value) =>
        [.. Field(1, Encoding.UTF8.GetBytes(key)), .. Field(2, Encoding.UTF8.GetBytes(value))];

    private static byte[] Field(int number, ulong value) => [.. Varint((ulong)number << 3), .. Varint(value)];

    private static byte[] Field(int number, byte[] content) =>
        [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)content.Length), .. content];

    private static IEnumerable<byte> Varint(ulong value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
