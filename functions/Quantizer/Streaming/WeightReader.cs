using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Streaming;

/// <summary>Reads pieces of weights into buffers that are used again.</summary>
/// <param name="file">The model file.</param>
/// <param name="source">Where external data lies.</param>
/// <param name="nameOf">The source's name for a location that has been checked.</param>
internal sealed class WeightReader(ModelFile file, IModelSource source, Func<string, string> nameOf)
{
    private (OnnxTensor Tensor, byte[] Bytes)? _decoded;
    private byte[] _raw = [];

    /// <summary>Reads bytes of a tensor's little-endian data.</summary>
    internal void ReadBytes(OnnxTensor tensor, long offset, Span<byte> into)
    {
        switch (tensor.Storage)
        {
            case Storage.External:
                source.Read(nameOf(tensor.External!.Location), tensor.External.Offset + offset, into);
                break;
            case Storage.Inline:
                file.Read(tensor.Inline.Start + offset, into);
                break;
            default:
                Decoded(tensor).AsSpan((int)offset, into.Length).CopyTo(into);
                break;
        }
    }

    /// <summary>Reads consecutive elements as float32.</summary>
    internal void ReadFloats(OnnxTensor tensor, long first, Span<float> into)
    {
        if (IsAsRead(tensor))
        {
            ReadBytes(tensor, first * 4, MemoryMarshal.AsBytes(into));
            return;
        }

        var raw = Raw(into.Length);
        ReadBytes(tensor, first * 2, raw);
        Widen(tensor, raw, into);
    }

    /// <summary>
    /// Reads columns of the matrix: K rows of <paramref name="columns"/> values, or for a transposed view as many rows of K.
    /// </summary>
    internal void ReadColumns(WeightView view, int first, int columns, Span<float> into)
    {
        if (view.Transposed || columns == view.N)
        {
            ReadFloats(view.Tensor, (long)first * (view.Transposed ? view.K : 1), into[..(int)((long)view.K * columns)]);
        }
        else
        {
            ReadStrip(view, first, columns, into[..(view.K * columns)]);
        }

        if (view.Multiplier != 1)
        {
            var used = into[..(int)((long)view.K * columns)];
            TensorPrimitives.Multiply(used, view.Multiplier, used);
        }
    }

    private static bool IsAsRead(OnnxTensor tensor) => tensor.Type == ElementType.Float && BitConverter.IsLittleEndian;

    private void ReadStrip(WeightView view, int first, int columns, Span<float> into)
    {
        var tensor = view.Tensor;
        if (tensor.Storage != Storage.External)
        {
            for (var k = 0; k < view.K; k++)
            {
                ReadFloats(tensor, ((long)k * view.N) + first, into.Slice(k * columns, columns));
            }

            return;
        }

        var bytes = IsAsRead(tensor) ? 4 : 2;
        var raw = bytes == 4 ? MemoryMarshal.AsBytes(into) : Raw(into.Length);
        source.ReadRows(
            nameOf(tensor.External!.Location), tensor.External.Offset + ((long)first * bytes), columns * bytes, (long)view.N * bytes, raw);
        if (bytes == 2)
        {
            Widen(tensor, raw, into);
        }
    }

    private Span<byte> Raw(int elements)
    {
        SliceBuffer.Grow(ref _raw, elements * 2L);
        return _raw.AsSpan(0, elements * 2);
    }

    private static void Widen(OnnxTensor tensor, ReadOnlySpan<byte> raw, Span<float> into)
    {
        if (tensor.Type == ElementType.Float16)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(raw), into);
        }
        else
        {
            WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(raw), into);
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
        }
    }

    // Typed fields hold a value in each varint; the inspection has counted them, so the size is the file's own.
    private byte[] Decoded(OnnxTensor tensor)
    {
        if (_decoded is { } last && last.Tensor == tensor)
        {
            return last.Bytes;
        }

        var data = file.Span;
        var bytes = new byte[tensor.ByteLength];
        var values = new List<long>();
        var position = 0;
        var cursor = new WireCursor(data, tensor.Body);
        while (cursor.Next(out var field))
        {
            if (field.Number == 4)
            {
                data.Slice(field.Payload.Start, field.Payload.Length).CopyTo(bytes.AsSpan(position));
                position += field.Payload.Length;
            }
            else if (field.Number == 5)
            {
                values.Clear();
                WireCursor.ReadVarints(data, field, values, int.MaxValue);
                foreach (var value in values)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(position), (ushort)value);
                    position += 2;
                }
            }
        }

        _decoded = (tensor, bytes);
        return bytes;
    }
}
