using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference;

/// <summary>
/// Seeded inputs for a model that nobody described: normal deviates for numbers; small non-negative integers, as indices
/// into a table of unknown size must be small; ones for masks, counting for positions.
/// </summary>
internal sealed class SampleInputs(string modelPath, OutputComparisonOptions options)
{
    private const int SmallestTable = 2;

    /// <exception cref="ModelOpenException">When an input has a type that no number stands for, or the inputs are too large.</exception>
    internal Dictionary<string, OrtValue> Create(IEnumerable<TensorPort> ports, int sample, int openDimension)
    {
        var inputs = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        var bytes = 0L;
        try
        {
            foreach (var port in ports.OrderBy(port => port.Name, StringComparer.Ordinal))
            {
                var shape = Shape(port, openDimension);
                if (options.MaxInputBytes - bytes < Bytes(port, shape))
                {
                    throw new ModelOpenException("unsupported-shape", modelPath, $"The inputs of '{modelPath}' up to '{port.Name}' [{string.Join(", ", shape)}] need more than {options.MaxInputBytes} bytes. Raise MaxInputBytes or name smaller dimensions.");
                }

                bytes += Bytes(port, shape);
                inputs.Add(port.Name, Fill(port, shape, new Random(HashCode(port.Name, sample))));
            }

            return inputs;
        }
        catch
        {
            foreach (var value in inputs.Values)
            {
                value.Dispose();
            }

            throw;
        }
    }

    private long[] Shape(TensorPort port, int openDimension) => [.. port.Dimensions.Select((size, axis) =>
        size >= 0 ? size
        : options.NamedDimensions.TryGetValue(port.Symbol(axis), out var named) ? named
        : axis == 0 && port.Rank > 1 ? 1L
        : openDimension)];

    /// <summary>Saturates, as a declared shape may overflow.</summary>
    private static long Bytes(TensorPort port, long[] shape)
    {
        var bytes = port.Type switch
        {
            TensorElementType.Double or TensorElementType.Int64 or TensorElementType.UInt64 => 8.0,
            TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
            TensorElementType.Float16 or TensorElementType.BFloat16 or TensorElementType.Int16 or TensorElementType.UInt16 => 2,
            _ => 1,
        };
        return (long)Math.Min(shape.Aggregate(bytes, (product, size) => product * size), long.MaxValue / 2);
    }

    private OrtValue Fill(TensorPort port, long[] shape, Random random)
    {
        var tensor = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, port.Type, shape);
        var integer = Integers(port.Name, random);
        switch (port.Type)
        {
            case TensorElementType.Float: Set(tensor.GetTensorMutableDataAsSpan<float>(), _ => (float)Normal(random)); break;
            case TensorElementType.Double: Set(tensor.GetTensorMutableDataAsSpan<double>(), _ => Normal(random)); break;
            case TensorElementType.Float16: Set(tensor.GetTensorMutableDataAsSpan<Float16>(), _ => (Float16)(float)Normal(random)); break;
            case TensorElementType.BFloat16: Set(tensor.GetTensorMutableDataAsSpan<BFloat16>(), _ => (BFloat16)(float)Normal(random)); break;
            case TensorElementType.Bool: Set(tensor.GetTensorMutableDataAsSpan<bool>(), i => integer(i) % 2 == 1); break;
            case TensorElementType.Int8: Set(tensor.GetTensorMutableDataAsSpan<sbyte>(), i => (sbyte)integer(i % 100)); break;
            case TensorElementType.UInt8: Set(tensor.GetTensorMutableDataAsSpan<byte>(), i => (byte)integer(i % 200)); break;
            case TensorElementType.Int16: Set(tensor.GetTensorMutableDataAsSpan<short>(), i => (short)integer(i % 30_000)); break;
            case TensorElementType.UInt16: Set(tensor.GetTensorMutableDataAsSpan<ushort>(), i => (ushort)integer(i % 60_000)); break;
            case TensorElementType.Int32: Set(tensor.GetTensorMutableDataAsSpan<int>(), integer); break;
            case TensorElementType.UInt32: Set(tensor.GetTensorMutableDataAsSpan<uint>(), i => (uint)integer(i)); break;
            case TensorElementType.Int64: Set(tensor.GetTensorMutableDataAsSpan<long>(), i => integer(i)); break;
            case TensorElementType.UInt64: Set(tensor.GetTensorMutableDataAsSpan<ulong>(), i => (ulong)integer(i)); break;
            default:
                tensor.Dispose();
                throw new ModelOpenException("unsupported-type", modelPath, $"'{modelPath}' takes '{port.Name}' of type {port.Type}; there are no sample values for that.");
        }

        return tensor;
    }

    private static void Set<T>(Span<T> target, Func<int, T> value)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = value(i);
        }
    }

    private static Func<int, int> Integers(string name, Random random) =>
        name.Contains("mask", StringComparison.OrdinalIgnoreCase) ? static _ => 1
        : name.Contains("position", StringComparison.OrdinalIgnoreCase) ? static i => i
        : name.Contains("token_type", StringComparison.OrdinalIgnoreCase) ? static _ => 0
        : _ => random.Next(SmallestTable);

    /// <summary>Box-Muller.</summary>
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>FNV-1a over the seed, the sample and the name, so that one input's values do not hang on the others.</summary>
    private int HashCode(string name, int sample)
    {
        var hash = 2_166_136_261u;
        foreach (var value in name.Select(c => (int)c).Prepend(sample).Prepend(options.Seed))
        {
            hash = (hash ^ (uint)value) * 16_777_619u;
        }

        return (int)(hash & int.MaxValue);
    }
}
