using SlmOps.Packaging.Tests.Deltas;

namespace SlmOps.Benchmarks;

/// <summary>Made models with normal weights, before and after a change.</summary>
internal static class DeltaCases
{
    private const int Int8 = 3;
    private const int Uint8 = 2;
    private const int Float = 1;
    private const int Float16 = 10;
    private const int TensorBytes = 2 << 20;
    private const int Weights = 16 << 20;

    /// <summary>100 tensors of 2 MiB, ten of them replaced.</summary>
    internal static (TinyOnnx.Tensor[] Old, TinyOnnx.Tensor[] New) Replaced()
    {
        var (random, old) = Model();
        var chosen = Enumerable.Range(0, old.Length).OrderBy(_ => random.Next()).Take(10).ToHashSet();
        return (
            old,
            [.. old.Select((tensor, index) => chosen.Contains(index) ? tensor with { Bytes = Bytes(random, TensorBytes) } : tensor)]);
    }

    /// <summary>The same, with a tensor of 1.5 MB inserted at the front.</summary>
    internal static (TinyOnnx.Tensor[] Old, TinyOnnx.Tensor[] New) Inserted()
    {
        var (random, old) = Model();
        return (old, [new("inserted", Int8, Bytes(random, 1_500_000)), .. old]);
    }

    /// <summary>16.8 million weights, each moved by a normal step of a relative size; int8 with a scale for 4,096 weights.</summary>
    internal static (TinyOnnx.Tensor[] Old, TinyOnnx.Tensor[] New) Int8Tuned(double step) => Tuned(step, weights =>
    {
        var (bytes, scales) = (new byte[Weights], new byte[Weights / 4096 * 4]);
        for (var row = 0; row < Weights / 4096; row++)
        {
            var part = weights.AsSpan(row * 4096, 4096);
            var scale = LargestOf(part, out _) / 127;
            BitConverter.TryWriteBytes(scales.AsSpan(row * 4), scale);
            for (var index = 0; index < part.Length; index++)
            {
                bytes[(row * 4096) + index] = (byte)(sbyte)Math.Clamp(MathF.Round(part[index] / scale), -127, 127);
            }
        }

        return [new("w", Int8, bytes), new("s", Float, scales)];
    });

    /// <summary>The same as symmetric int4 in blocks of 32 with 16-bit scales.</summary>
    internal static (TinyOnnx.Tensor[] Old, TinyOnnx.Tensor[] New) Int4Tuned(double step) => Tuned(step, weights =>
    {
        var (bytes, scales) = (new byte[Weights / 2], new byte[Weights / 32 * 2]);
        for (var block = 0; block < Weights / 32; block++)
        {
            var part = weights.AsSpan(block * 32, 32);
            LargestOf(part, out var signed);
            var scale = (Half)(signed / -8);
            BitConverter.TryWriteBytes(scales.AsSpan(block * 2), scale);
            for (var index = 0; index < part.Length; index++)
            {
                var code = (int)Math.Clamp(MathF.Round(part[index] / (float)scale) + 8, 0, 15);
                var at = (block * 32) + index;
                bytes[at / 2] |= (byte)(code << (4 * (at & 1)));
            }
        }

        return [new("w", Uint8, bytes), new("s", Float16, scales)];
    });

    private static (TinyOnnx.Tensor[] Old, TinyOnnx.Tensor[] New) Tuned(double step, Func<float[], TinyOnnx.Tensor[]> quantize)
    {
        var random = new Random(2);
        var (old, tuned) = (new float[Weights], new float[Weights]);
        for (var index = 0; index < Weights; index++)
        {
            old[index] = (float)Normal(random);
            tuned[index] = (float)(old[index] + (step * Normal(random)));
        }

        return (quantize(old), quantize(tuned));
    }

    private static (Random Random, TinyOnnx.Tensor[] Tensors) Model()
    {
        var random = new Random(1);
        return (random, [.. Enumerable.Range(0, 100).Select(index => new TinyOnnx.Tensor($"t{index}", Int8, Bytes(random, TensorBytes)))]);
    }

    /// <summary>int8 weights as a scale from the largest of many gives them: a standard deviation of about 30 steps.</summary>
    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        for (var index = 0; index < length; index++)
        {
            bytes[index] = (byte)(sbyte)Math.Clamp(Math.Round(30 * Normal(random)), -127, 127);
        }

        return bytes;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static float LargestOf(ReadOnlySpan<float> values, out float signed)
    {
        signed = 0;
        foreach (var value in values)
        {
            if (Math.Abs(value) > Math.Abs(signed))
            {
                signed = value;
            }
        }

        return Math.Abs(signed);
    }
}
