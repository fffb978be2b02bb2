using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>
/// Runs one quantized node alone on awkward inputs against float64. Its inputs are rounded to int8 by block, at most half
/// a step each, so every output has a bound that follows from the operator's documentation.
/// </summary>
internal static class CoreCheck
{
    private const int Rows = 5;

    internal static string? Fault(QuantizedCore core, Random random)
    {
        return core.IsDynamic ? null : core.IsGather ? Table(core) : Product(core, random);
    }

    private static string? Product(QuantizedCore core, Random random)
    {
        var (k, n, size) = (core.K, core.N, (int)core.Attribute("block_size"));
        var a = Inputs(random, k, core.IsHalf);
        var y = Run(
            core,
            core.IsHalf ? OrtValueOf(Array.ConvertAll(a, v => (Float16)v), k) : OrtValue.CreateTensorValueFromMemory(a, [Rows, k]));
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < n; column++)
            {
                double expected = 0, allowed = 1e-30;
                for (var first = 0; first < k; first += size)
                {
                    double most = 0, weights = 0, products = 0;
                    for (var i = first; i < Math.Min(k, first + size); i++)
                    {
                        var (input, weight) = ((double)a[(row * k) + i], core.Weight[(i * n) + column]);
                        expected += input * weight;
                        most = Math.Max(most, Math.Abs(input));
                        weights += Math.Abs(weight);
                        products += Math.Abs(input * weight);
                    }

                    allowed += (most / 127 / 2 * weights * 1.001) + (products * (core.IsHalf ? 4e-3 : 1e-5));
                }

                var difference = Math.Abs(y[(row * n) + column] - expected);
                // An input of float16 gives an output of float16, whose smallest step is 6e-8.
                if (!(difference <= allowed + (core.IsHalf ? (Math.Abs(expected) * 1e-3) + 6e-8 : 0)))
                {
                    return $"{core.Node.OpType} {k}x{n}, block {size}, {core.Attribute("bits")} bits gives {y[(row * n) + column]} "
                        + $"instead of {expected}, allowed {allowed}";
                }
            }
        }

        return null;
    }

    // One ordinary row, one of zeros, one with an outlier, one that changes by block, one tiny.
    private static float[] Inputs(Random random, int k, bool half)
    {
        var a = Weights.Normal(random, (long)Rows * k, 1);
        for (var i = 0; i < k; i++)
        {
            a[k + i] = 0;
            a[(2 * k) + i] *= i == k / 2 ? 100 : 1;
            a[(3 * k) + i] *= 1 + (i / 16);
            a[(4 * k) + i] *= 1e-3f;
        }

        return half ? [.. a.Select(v => (float)(Half)v)] : a;
    }

    private static OrtValue OrtValueOf(Float16[] values, int k) => OrtValue.CreateTensorValueFromMemory(values, [Rows, k]);

    private static string? Table(QuantizedCore core)
    {
        var picks = new[] { 0L, core.N - 1, core.N / 2 };
        var rows = Run(core, OrtValue.CreateTensorValueFromMemory(picks, [3]));
        for (var i = 0; i < rows.Length; i++)
        {
            var expected = core.Weight[(i % core.K * core.N) + (int)picks[i / core.K]];
            if (!(Math.Abs(rows[i] - expected) <= (Math.Abs(expected) * (core.IsHalf ? 1e-3 : 1e-6)) + 1e-37))
            {
                return $"GatherBlockQuantized {core.N}x{core.K} gives {rows[i]} instead of {expected}";
            }
        }

        return null;
    }

    private static float[] Run(QuantizedCore core, OrtValue input)
    {
        var b = new GraphBuilder();
        b.Domain("com.microsoft", 1);
        var node = core.Node.Clone();
        var place = core.IsGather ? 1 : 0;
        node.Input[place] = "in";
        node.Output[0] = "out";
        if (node.Input.Count > 5)
        {
            // The bias is added in float; the reference leaves it out.
            node.Input.RemoveAt(5);
            node.Input.RemoveAt(4);
        }

        b.Input("in", core.IsGather ? GraphBuilder.Int64 : core.IsHalf ? GraphBuilder.Half : GraphBuilder.Float, null!);
        b.Model.Graph.Input[0].Type.TensorType.Shape = null;
        foreach (var name in node.Input.Where(i => i.Length > 0 && i != "in"))
        {
            var stored = core.Tensors.Find(name)!.Clone();
            stored.RawData = ByteString.CopyFrom(core.Tensors.Bytes(name));
            stored.ExternalData.Clear();
            stored.ClearDataLocation();
            stored.Name = name;
            b.Graph.Initializer.Add(stored);
        }

        b.Graph.Node.Add(node);
        b.Output("out", core.IsHalf ? GraphBuilder.Half : GraphBuilder.Float);
        using var options = Comparison.Options();
        using var session = new InferenceSession(b.Model.ToByteArray(), options);
        using var run = new RunOptions();
        using var owned = input;
        using var results = session.Run(run, ["in"], [input], ["out"]);
        return core.IsHalf
            ? [.. results[0].GetTensorDataAsSpan<Float16>().ToArray().Select(v => (float)v)]
            : results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
