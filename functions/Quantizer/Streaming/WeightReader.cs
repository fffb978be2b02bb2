using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Streaming;

/// <summary>
/// Reads pieces of weights with positioned reads into buffers that are used again. Mapped pages would count as memory
/// of the process, and a file that shrinks under a mapping ends it.
/// </summary>
/// <param name="file">The model file.</param>
/// <param name="pathOf">Where an external data location lies, once it has been checked.</param>
internal sealed class WeightReader(ModelFile file, Func<string, string> pathOf) : IDisposable
{
    private readonly Dictionary<string, SafeFileHandle> _handles = new(StringComparer.Ordinal);
    private (OnnxTensor Tensor, byte[] Bytes)? _decoded;
    private byte[] _raw = [];

    /// <summary>Reads bytes of a tensor's little-endian data.</summary>
    internal void ReadBytes(OnnxTensor tensor, long offset, Span<byte> into)
    {
        switch (tensor.Storage)
        {
            case Storage.External:
                ReadExactly(Handle(tensor.External!.Location), tensor.External.Offset + offset, into, tensor.External.Location);
                break;
            case Storage.Inline:
                ReadExactly(file.Handle, tensor.Inline.Start + offset, into, "the model file");
                break;
            default:
                Decoded(tensor).AsSpan((int)offset, into.Length).CopyTo(into);
                break;
        }
    }

    /// <summary>Reads consecutive elements as float32.</summary>
    internal void ReadFloats(OnnxTensor tensor, long first, Span<float> into)
    {
        if (tensor.Type == ElementType.Float && BitConverter.IsLittleEndian)
        {
            ReadBytes(tensor, first * 4, MemoryMarshal.AsBytes(into));
            return;
        }

        if (_raw.Length < into.Length * 2)
        {
            _raw = GC.AllocateUninitializedArray<byte>(into.Length * 2);
        }

        var raw = _raw.AsSpan(0, into.Length * 2);
        ReadBytes(tensor, first * 2, raw);
        if (tensor.Type == ElementType.Float16)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(raw), into);
        }
        else
        {
            WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(raw), into);
        }
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
            for (var k = 0; k < view.K; k++)
            {
                ReadFloats(view.Tensor, ((long)k * view.N) + first, into.Slice(k * columns, columns));
            }
        }

        if (view.Multiplier != 1)
        {
            var used = into[..(int)((long)view.K * columns)];
            TensorPrimitives.Multiply(used, view.Multiplier, used);
        }
    }

    public void Dispose()
    {
        foreach (var handle in _handles.Values)
        {
            handle.Dispose();
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
        }
    }

    private static void ReadExactly(SafeFileHandle handle, long offset, Span<byte> into, string name)
    {
        while (into.Length > 0)
        {
            var read = RandomAccess.Read(handle, into, offset);
            if (read == 0)
            {
                throw new EndOfStreamException($"'{name}' became shorter while it was read.");
            }

            into = into[read..];
            offset += read;
        }
    }

    private SafeFileHandle Handle(string location)
    {
        if (!_handles.TryGetValue(location, out var handle))
        {
            handle = File.OpenHandle(pathOf(location));
            _handles.Add(location, handle);
        }

        return handle;
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
