using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference;

/// <summary>Moves numbers between spans and ONNX Runtime tensors of other element types.</summary>
internal static class TensorData
{
    /// <summary>A new integer tensor of the port's element type with the values <paramref name="value"/> gives.</summary>
    internal static OrtValue Integers(TensorElementType type, long[] shape, Func<int, long> value)
    {
        var tensor = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, shape);
        if (type == TensorElementType.Int64)
        {
            var target = tensor.GetTensorMutableDataAsSpan<long>();
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = value(i);
            }
        }
        else
        {
            var target = tensor.GetTensorMutableDataAsSpan<int>();
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = checked((int)value(i));
            }
        }

        return tensor;
    }

    /// <summary>
    /// Elements <paramref name="start"/> to start + count of a float tensor as float32: the tensor's own memory where it
    /// is float32, else converted into <paramref name="buffer"/>, which grows as needed.
    /// </summary>
    internal static ReadOnlySpan<float> AsFloats(OrtValue tensor, TensorElementType type, int start, int count, ref float[] buffer)
    {
        if (type == TensorElementType.Float)
        {
            return tensor.GetTensorDataAsSpan<float>().Slice(start, count);
        }

        if (buffer.Length < count)
        {
            buffer = new float[count];
        }

        var target = buffer.AsSpan(0, count);
        if (type == TensorElementType.Float16)
        {
            var halves = MemoryMarshal.Cast<Float16, Half>(tensor.GetTensorDataAsSpan<Float16>());
            TensorPrimitives.ConvertToSingle(halves.Slice(start, count), target);
        }
        else
        {
            // A bfloat16 is the upper half of the float32 with the same value.
            var source = MemoryMarshal.Cast<BFloat16, ushort>(tensor.GetTensorDataAsSpan<BFloat16>()).Slice(start, count);
            for (var i = 0; i < count; i++)
            {
                target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
            }
        }

        return target;
    }

    /// <summary>Fills a numeric tensor.</summary>
    /// <exception cref="NotSupportedException">When the type is no number.</exception>
    /// <exception cref="OverflowException">When a whole number does not fit the type.</exception>
    internal static void Set(OrtValue tensor, TensorElementType type, Func<int, double> value)
    {
        switch (type)
        {
            case TensorElementType.Float: Fill<float>(tensor, i => (float)value(i)); break;
            case TensorElementType.Double: Fill(tensor, value); break;
            case TensorElementType.Float16: Fill(tensor, i => (Float16)(float)value(i)); break;
            case TensorElementType.BFloat16: Fill(tensor, i => (BFloat16)(float)value(i)); break;
            case TensorElementType.Bool: Fill(tensor, i => value(i) != 0); break;
            case TensorElementType.Int8: Fill(tensor, i => checked((sbyte)value(i))); break;
            case TensorElementType.UInt8: Fill(tensor, i => checked((byte)value(i))); break;
            case TensorElementType.Int16: Fill(tensor, i => checked((short)value(i))); break;
            case TensorElementType.UInt16: Fill(tensor, i => checked((ushort)value(i))); break;
            case TensorElementType.Int32: Fill(tensor, i => checked((int)value(i))); break;
            case TensorElementType.UInt32: Fill(tensor, i => checked((uint)value(i))); break;
            case TensorElementType.Int64: Fill(tensor, i => checked((long)value(i))); break;
            case TensorElementType.UInt64: Fill(tensor, i => checked((ulong)value(i))); break;
            default: throw new NotSupportedException($"A tensor of {type} has no numbers to fill in.");
        }
    }

    private static void Fill<T>(OrtValue tensor, Func<int, T> value)
        where T : unmanaged
    {
        var target = tensor.GetTensorMutableDataAsSpan<T>();
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = value(i);
        }
    }

    /// <summary>True for the types that <see cref="AsDoubles"/> reads.</summary>
    internal static bool IsNumeric(TensorElementType type) => type
        is TensorElementType.Float or TensorElementType.Double or TensorElementType.Float16 or TensorElementType.BFloat16
        or TensorElementType.Bool or TensorElementType.Int8 or TensorElementType.UInt8 or TensorElementType.Int16
        or TensorElementType.UInt16 or TensorElementType.Int32 or TensorElementType.UInt32 or TensorElementType.Int64
        or TensorElementType.UInt64;

    internal static bool IsFloat(TensorElementType type) =>
        type is TensorElementType.Float or TensorElementType.Double or TensorElementType.Float16 or TensorElementType.BFloat16;

    /// <summary>All elements of a numeric tensor as float64.</summary>
    internal static double[] AsDoubles(OrtValue tensor) => tensor.GetTensorTypeAndShape().ElementDataType switch
    {
        TensorElementType.Float => Convert<float>(tensor, value => value),
        TensorElementType.Double => Convert<double>(tensor, value => value),
        TensorElementType.Float16 => Convert<Float16>(tensor, value => (float)value),
        TensorElementType.BFloat16 => Convert<BFloat16>(tensor, value => (float)value),
        TensorElementType.Bool => Convert<bool>(tensor, value => value ? 1 : 0),
        TensorElementType.Int8 => Convert<sbyte>(tensor, value => value),
        TensorElementType.UInt8 => Convert<byte>(tensor, value => value),
        TensorElementType.Int16 => Convert<short>(tensor, value => value),
        TensorElementType.UInt16 => Convert<ushort>(tensor, value => value),
        TensorElementType.Int32 => Convert<int>(tensor, value => value),
        TensorElementType.UInt32 => Convert<uint>(tensor, value => value),
        TensorElementType.Int64 => Convert<long>(tensor, value => value),
        TensorElementType.UInt64 => Convert<ulong>(tensor, value => value),
        var type => throw new NotSupportedException($"A tensor of {type} has no numbers to compare."),
    };

    private static double[] Convert<T>(OrtValue tensor, Func<T, double> convert)
        where T : unmanaged
    {
        var source = tensor.GetTensorDataAsSpan<T>();
        var target = new double[source.Length];
        for (var i = 0; i < source.Length; i++)
        {
            target[i] = convert(source[i]);
        }

        return target;
    }
}
