using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SlmOps.Inference.Tests.Graphs;

/// <summary>
/// Writes a LoRA adapter as ONNX Runtime reads it (adapter_schema.fbs): a FlatBuffer with the identifier <c>TORT</c> whose
/// root holds versions and parameters. Every object comes after what points at it, so all offsets are positive.
/// </summary>
internal sealed class AdapterFile
{
    private const int FloatType = 1;
    private readonly List<byte> _bytes = [];

    internal static byte[] Of(params (string Name, long[] Shape, float[] Values)[] parameters)
    {
        var file = new AdapterFile();
        file.Number(0);
        file._bytes.AddRange("TORT"u8);
        file.PointFrom(0, file.Table([1, 1, 1, null], out var slots));
        var list = file.Vector(parameters.Length, 4, 4, slots[3]);
        foreach (var (parameter, index) in parameters.Select((parameter, index) => (parameter, index)))
        {
            file.PointFrom(list + (4 * index), file.Table([null, null, FloatType, null], out var fields));
            file.Blob(Encoding.UTF8.GetBytes(parameter.Name), 1, fields[0], terminated: true);
            file.Blob(MemoryMarshal.AsBytes<long>(parameter.Shape), 8, fields[1]);
            file.Blob(MemoryMarshal.AsBytes<float>(parameter.Values), 1, fields[3], alignment: 8);
        }

        return [.. file._bytes];
    }

    /// <summary>A table of 4-byte fields, after its vtable; null for a field that points somewhere and is set later.</summary>
    private int Table(int?[] fields, out int[] slots)
    {
        Align(4, 0);
        var vtable = _bytes.Count;
        foreach (
            var value in (int[])
                [4 + (2 * fields.Length), 4 + (4 * fields.Length), .. Enumerable.Range(1, fields.Length).Select(field => 4 * field)])
        {
            _bytes.Add((byte)value);
            _bytes.Add(0);
        }

        Align(4, 0);
        var table = _bytes.Count;
        Number(table - vtable);
        slots = [.. Enumerable.Range(1, fields.Length).Select(field => table + (4 * field))];
        Array.ForEach(fields, field => Number(field ?? 0));
        return table;
    }

    /// <summary>An empty vector of so many elements, its first one aligned; the place of that.</summary>
    private int Vector(int count, int size, int alignment, int slot)
    {
        Align(Math.Max(4, alignment), 4);
        PointFrom(slot, _bytes.Count);
        Number(count);
        var start = _bytes.Count;
        _bytes.AddRange(new byte[count * size]);
        return start;
    }

    private void Blob(ReadOnlySpan<byte> content, int size, int slot, bool terminated = false, int alignment = 0)
    {
        var start = Vector(content.Length / size, size, Math.Max(size, alignment), slot);
        content.CopyTo(CollectionsMarshal.AsSpan(_bytes)[start..]);
        if (terminated)
        {
            _bytes.Add(0);
        }
    }

    /// <summary>Fills up until what comes <paramref name="ahead"/> bytes later is aligned.</summary>
    private void Align(int alignment, int ahead)
    {
        while ((_bytes.Count + ahead) % alignment != 0)
        {
            _bytes.Add(0);
        }
    }

    private void Number(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    private void PointFrom(int slot, int target) =>
        BinaryPrimitives.WriteInt32LittleEndian(CollectionsMarshal.AsSpan(_bytes)[slot..], target - slot);
}
