using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Features;

/// <summary>Models that are unusual and sound: they are converted, and what is left alone has a reason.</summary>
public sealed class LegitimateModelTests : IDisposable
{
    private const int Tokens = 12;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Output => _folder.File("out.onnx");

    public void Dispose() => _folder.Dispose();

    private static string Case(string name) => Path.Combine(AppContext.BaseDirectory, "Cases", name);

    private QuantizationReport Quantize(string model, string recipe) =>
        ModelQuantizer.Quantize(Case(model), Output, new() { Recipe = recipe }, null, Token);

    private QuantizationReport Quantize(GraphBuilder b, string recipe) =>
        ModelQuantizer.Quantize(b.Save(_folder.Path), Output, new() { Recipe = recipe }, null, Token);

    [Theory]
    [InlineData("fp16", 0.01)]
    [InlineData("int8", 0.05)]
    [InlineData("int4", 0.4)]
    public void Quantize_InfinitiesInASlicedMask_AreKept(string recipe, double bound)
    {
        var report = Quantize("causal-inf.onnx", recipe);
        Assert.True(Difference("causal-inf.onnx") < bound);
        Assert.Equal(recipe == "fp16" ? 16 : 32, report.Tensors.Single(tensor => tensor.Name == "mask").Bits);
    }

    [Theory]
    [InlineData("int8", 0.05)]
    [InlineData("int4", 0.3)]
    [InlineData("int4-mixed", 0.3)]
    [InlineData("auto", 0.3)]
    public void Quantize_InfinitiesInATableOfRows_LeaveTheTableInFloat(string recipe, double bound)
    {
        var report = Quantize("mask-neg-inf-gather.onnx", recipe);
        Assert.Contains("infinities", report.Tensors.Single(tensor => tensor.Name == "mask").Reason, StringComparison.Ordinal);
        Assert.True(Difference("mask-neg-inf-gather.onnx") < bound);
    }

    [Fact]
    public void Quantize_InfinitiesInATableOfRows_AreHeldByHalf()
    {
        var report = Quantize("mask-neg-inf-gather.onnx", "fp16");
        Assert.Equal(16, report.Tensors.Single(tensor => tensor.Name == "mask").Bits);
        Assert.True(Difference("mask-neg-inf-gather.onnx") < 0.01);
    }

    [Theory]
    [InlineData("int8", float.NegativeInfinity, true)]
    [InlineData("fp16", float.NegativeInfinity, true)]
    [InlineData("int8", float.NaN, false)]
    [InlineData("fp16", float.NaN, false)]
    public void Quantize_InfinityInAProductOrNaNAnywhere_IsRefused(string recipe, float value, bool product)
    {
        var b = new GraphBuilder();
        var weight = Weights.Normal(new Random(2), 64 * 64, 1);
        weight[70] = value;
        b.Weight("w", weight, 64, 64);
        b.Input("x", product ? GraphBuilder.Float : GraphBuilder.Int64, product ? [2, 64] : [2]);
        b.Add(product ? "MatMul" : "Gather", product ? ["x", "w"] : ["w", "x"], "y");
        b.Output("y");
        var refused = Assert.Throws<ModelQuantizationException>(() => Quantize(b, recipe));
        Assert.Equal("not-finite", Assert.Single(refused.Problems).Code);
    }

    [Fact]
    public void Quantize_WeightThatVanishesInHalf_StaysFloat32()
    {
        var weight = Quantize("fp16-underflow-weight.onnx", "fp16").Tensors.Single(tensor => tensor.Name == "W");
        Assert.Equal(32, weight.Bits);
        Assert.Contains("so small that float16 would lose them", weight.Reason, StringComparison.Ordinal);
        Assert.True(Difference("fp16-underflow-weight.onnx") < 1e-6);
    }

    [Fact]
    public void Quantize_FewSmallValuesAmongZerosAndOthers_GoToHalf()
    {
        // A low mean square alone is no loss: what counts is held well.
        var values = new float[64 * 64];
        (values[0], values[100], values[200]) = (0.001f, 1e-9f, -0.002f);
        var b = new GraphBuilder();
        b.Weight("w", values, 64, 64);
        b.Input("x", GraphBuilder.Float, 2, 64);
        b.Add("MatMul", ["x", "w"], "y");
        b.Output("y");
        Assert.Equal(16, Quantize(b, "fp16").Tensors.Single().Bits);
    }

    [Fact]
    public void Quantize_ContribOperatorsWithoutImport_GetTheImport()
    {
        Quantize("ms-domain-unlisted.onnx", "int8");
        Assert.Contains(Read().OpsetImport, import => import.Domain == "com.microsoft");
        Assert.True(Difference("ms-domain-unlisted.onnx") < 0.05);
    }

    [Theory]
    [InlineData("fp16")]
    [InlineData("int8")]
    public void Quantize_InitializerTwiceWithTheSameBytes_IsWrittenOnce(string recipe)
    {
        var facts = ModelInspector.Inspect(Case("dup-init-same-bytes.onnx"), new(), Token).Facts!;
        Assert.Equal(1, Assert.Single(facts.Weights).Tensors);

        Quantize("dup-init-same-bytes.onnx", recipe);
        var names = Read().Graph.Initializer.Select(tensor => tensor.Name).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.DoesNotContain(Read().Graph.Initializer, tensor => tensor.Name == "W");
        Assert.True(Difference("dup-init-same-bytes.onnx") < 0.05);
    }

    [Theory]
    [InlineData(true, true, "")]
    [InlineData(true, false, "")]
    [InlineData(false, true, "duplicate-name")]
    public void Inspect_InitializerTwice_IsRefusedOnlyWithOtherBytes(bool same, bool alike, string code)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Case("dup-init-same-bytes.onnx")));
        var twice = model.Graph.Initializer.Where(tensor => tensor.Name == "W").ToList();
        if (!same)
        {
            var bytes = twice[1].RawData.ToByteArray();
            bytes[5] ^= 1;
            twice[1].RawData = ByteString.CopyFrom(bytes);
        }

        if (!alike)
        {
            // The same bytes in another message.
            twice[1].DataLocation = 0;
        }

        File.WriteAllBytes(_folder.File("twice.onnx"), model.ToByteArray());
        var problems = ModelInspector.Inspect(_folder.File("twice.onnx"), new(), Token).Problems;
        Assert.Equal(code, string.Join(' ', problems.Select(problem => problem.Code)));
    }

    [Fact]
    public void Quantize_FunctionThatTakesItsWeights_SaysWhatToDo() =>
        Assert.All(
            Quantize("function-weights-as-args.onnx", "int8").Tensors,
            tensor => Assert.Contains("inline the functions", tensor.Reason, StringComparison.Ordinal));

    [Fact]
    public void Quantize_UntiedEmbedding_TakesFourBitsUnlessLeftOut()
    {
        var tables = Quantize("seeing-ids.onnx", "int4").Tensors.Where(tensor => tensor.Name == "E");
        Assert.Equal(4, Assert.Single(tables).Bits);
        var left = ModelQuantizer.Quantize(Case("seeing-ids.onnx"), Output, new() { Recipe = "int4", Embeddings = false }, null, Token);
        Assert.Equal(32, left.Tensors.Single(tensor => tensor.Name == "E").Bits);
    }

    private ModelProto Read() => ModelProto.Parser.ParseFrom(File.ReadAllBytes(Output));

    private double Difference(string model) => Comparison.Difference(Run(Case(model)), Run(Output));

    /// <summary>Seeded normal deviates, or ids and positions below 12, for whatever inputs the model has.</summary>
    private static float[] Run(string path)
    {
        using var options = Comparison.Options();
        using var session = new InferenceSession(path, options);
        var inputs = session
            .InputMetadata.OrderBy(input => input.Key, StringComparer.Ordinal)
            .ToDictionary(
                input => input.Key,
                input =>
                {
                    long[] shape =
                    [
                        .. input.Value.Dimensions.Select(
                            (size, axis) =>
                                size > 0 ? (long)size
                                : axis == 0
                                && input.Value.Dimensions.Length > 1
                                && input.Value.ElementDataType != Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float
                                    ? 1
                                : Tokens),
                    ];
                    var count = shape.Aggregate(1L, (product, size) => product * size);
                    return input.Value.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float
                        ? OrtValue.CreateTensorValueFromMemory(Weights.Normal(new Random(4), count, 1), shape)
                        : OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, (int)count).Select(i => (long)i).ToArray(), shape);
                }
            );
        using var run = new RunOptions();
        using var results = session.Run(run, inputs, session.OutputNames);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
