using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Quantizer.Tests.Features;

/// <summary>Products in bfloat16, which ONNX Runtime has no kernel for on a CPU: the quantized form brings one.</summary>
public sealed class BFloat16Tests : IDisposable
{
    private const int K = 64;
    private const int N = 48;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private (string Path, float[] Weight) Model(string op)
    {
        var b = new GraphBuilder();
        var weight = Weights.Normal(new Random(6), K * N, 0.1);
        b.Input("x", GraphBuilder.Float, 3, K);
        b.Graph.Initializer.Add(GraphBuilder.BFloat16Tensor("w", weight, K, N));
        var y = b.Node(op, [AwkwardLayers.Cast(b, "x", GraphBuilder.BFloat16), "w"]);
        b.Add("Cast", [y], "y", GraphBuilder.Int("to", GraphBuilder.Float));
        b.Output("y");
        return (b.Save(_folder.Path, 1), weight);
    }

    private static float[] Run(string path, float[] x)
    {
        using var options = Comparison.Options();
        using var session = new InferenceSession(path, options);
        using var input = OrtValue.CreateTensorValueFromMemory(x, [3, K]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [input], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    [Theory]
    [InlineData("MatMul", "int8", 0.03)]
    [InlineData("MatMul", "int8-dynamic", 0.03)]
    [InlineData("MatMul", "int4", 0.15)]
    [InlineData("MatMul", "int4-mixed", 0.15)]
    [InlineData("MatMul", "auto", 0.15)]
    [InlineData("Gemm", "int8", 0.03)]
    [InlineData("Gemm", "int4", 0.15)]
    public void Quantize_ProductInBFloat16_RunsInTheQuantizedForm(string op, string recipe, double bound)
    {
        var (path, weight) = Model(op);
        var report = ModelQuantizer.Quantize(path, _folder.File("out.onnx"), new() { Recipe = recipe }, null, CancellationToken.None);
        Assert.NotNull(report.Tensors.Single().RelativeError);
        var x = Weights.Normal(new Random(8), 3 * K, 1);
        var expected = new float[3 * N];
        for (var i = 0; i < expected.Length; i++)
        {
            expected[i] = (float)Enumerable.Range(0, K).Sum(k => (double)x[(i / N * K) + k] * weight[(k * N) + (i % N)]);
        }

        Assert.True(Comparison.Difference(expected, Run(_folder.File("out.onnx"), x)) < bound);
    }

    [Theory]
    [InlineData("fp16")]
    [InlineData("prune")]
    public void Quantize_RecipeThatKeepsTheOperators_KeepsBFloat16(string recipe)
    {
        var (path, _) = Model("MatMul");
        var report = ModelQuantizer.Quantize(
            path,
            _folder.File("out.onnx"),
            new() { Recipe = recipe, Sparsity = recipe == "prune" ? 0.5 : null },
            null,
            CancellationToken.None);
        Assert.Equal(16, report.Tensors.Single().Bits);
        Assert.Empty(ModelInspector.Inspect(_folder.File("out.onnx"), new(), CancellationToken.None).Problems);
    }
}
