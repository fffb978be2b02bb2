using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Features;

/// <summary>Weights of fused operators stay in float, with a reason, and what is around them is quantized.</summary>
public sealed class ContribWeightsTests : IDisposable
{
    private const int Width = 64;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static GraphBuilder Model(string op)
    {
        var random = new Random(3);
        var b = new GraphBuilder();
        b.Domain("com.microsoft", 1);
        b.Input("x", GraphBuilder.Float, 1, 4, Width);
        string Matrix(string name, int n) => b.Weight(name, Weights.Normal(random, Width * n, 0.1), Width, n);
        var x = b.Node("MatMul", ["x", Matrix("before", Width)]);
        switch (op)
        {
            case "FusedMatMul":
                b.Add(op, [x, Matrix("fused", Width)], "y", GraphBuilder.Int("transB", 1), GraphBuilder.Real("alpha", 0.5f)).Domain =
                    "com.microsoft";
                break;
            case "Attention":
                b.Add(
                    op,
                    [x, Matrix("fused", 3 * Width), b.Weight("bias", Weights.Normal(random, 3 * Width, 0.1), 3 * Width)],
                    "y",
                    GraphBuilder.Int("num_heads", 2)).Domain = "com.microsoft";
                break;
            case "MultiHeadAttention":
                b.Weight("fused", Weights.Normal(random, 3 * Width, 0.1), 3 * Width);
                b.Add(
                    op,
                    [x, b.Node("MatMul", ["x", Matrix("key", Width)]), b.Node("MatMul", ["x", Matrix("value", Width)]), "fused"],
                    "y",
                    GraphBuilder.Int("num_heads", 2)).Domain = "com.microsoft";
                break;
            case "QAttention":
                Codes(b, random);
                b.Node("DynamicQuantizeLinear", [x]);
                var quantized = b.Graph.Node[^1];
                quantized.Output.AddRange(["x_scale", "x_zero"]);
                b.Add(
                    op,
                    [
                        quantized.Output[0],
                        "fused",
                        b.Weight("bias", Weights.Normal(random, 3 * Width, 0.1), 3 * Width),
                        "x_scale",
                        b.Weight("fused_scale", [0.001f]),
                        "",
                        "x_zero",
                    ],
                    "y",
                    GraphBuilder.Int("num_heads", 2)).Domain = "com.microsoft";
                break;
        }

        b.Output("y");
        return b;
    }

    private static void Codes(GraphBuilder b, Random random)
    {
        var codes = new byte[Width * 3 * Width];
        random.NextBytes(codes);
        b.Graph.Initializer.Add(
            new TensorProto
            {
                Name = "fused",
                DataType = 3,
                Dims = { Width, 3 * Width },
                RawData = ByteString.CopyFrom(codes),
            }
        );
    }

    private static float[] Run(string path)
    {
        using var options = Comparison.Options();
        using var session = new InferenceSession(path, options);
        using var input = OrtValue.CreateTensorValueFromMemory(Weights.Normal(new Random(1), 4 * Width, 1), [1, 4, Width]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [input], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    [Theory]
    [InlineData("FusedMatMul", "int4", "has no quantized form")]
    [InlineData("FusedMatMul", "int8-dynamic", "has no quantized form")]
    [InlineData("Attention", "int4", "has no quantized form")]
    [InlineData("Attention", "int8-dynamic", "has no quantized form")]
    [InlineData("MultiHeadAttention", "int4-mixed", "has no quantized form")]
    [InlineData("QAttention", "int4", "it is int8 already")]
    [InlineData("QAttention", "auto", "it is int8 already")]
    public void Quantize_WeightOfAFusedOperator_StaysWithItsReason(string op, string recipe, string reason)
    {
        var path = Model(op).Save(_folder.Path, 1);
        var report = ModelQuantizer.Quantize(path, _folder.File("out.onnx"), new() { Recipe = recipe }, null, CancellationToken.None);
        Assert.Contains(reason, report.Tensors.Single(t => t.Name == "fused").Reason, StringComparison.Ordinal);
        Assert.NotNull(report.Tensors.Single(t => t.Name == "before").RelativeError);
        var output = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder.File("out.onnx")));
        var reference = new ReferenceModel(ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)), output, _folder.Path);
        File.WriteAllBytes(_folder.File("reference.onnx"), reference.Model.ToByteArray());
        Assert.NotEmpty(reference.Cores);
        // What is left is the rounding of inputs to int8.
        Assert.True(Comparison.Difference(Run(_folder.File("reference.onnx")), Run(_folder.File("out.onnx"))) < 0.03);
    }

    [Theory]
    [InlineData("FusedMatMul")]
    [InlineData("Attention")]
    public void Quantize_Fp16_StoresThemAsHalf(string op)
    {
        var path = Model(op).Save(_folder.Path, 1);
        var report = ModelQuantizer.Quantize(path, _folder.File("out.onnx"), new() { Recipe = "fp16" }, null, CancellationToken.None);
        Assert.Equal("half", report.Tensors.Single(t => t.Name == "fused").Scheme);
        Assert.True(Comparison.Difference(Run(path), Run(_folder.File("out.onnx"))) < 0.01);
    }
}
