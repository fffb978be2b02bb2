using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests;

public sealed class Float32TwinTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private static string Case => Path.Combine(AppContext.BaseDirectory, "Cases", "bf16-matmul.onnx");

    [Fact]
    public void Write_ModelThatTheRuntimeCannotRun_GivesOneThatComputesTheSame()
    {
        Assert.ThrowsAny<OnnxRuntimeException>(() => new InferenceSession(Case, Comparison.Options()).Dispose());
        Assert.True(Float32Twin.IsNeeded(ModelInspector.Inspect(Case, new(), Token).Facts!));

        var twin = _folder.File("twin.onnx");
        Float32Twin.Write(Case, twin, new(), Token);

        var facts = ModelInspector.Inspect(twin, new(), Token).Facts!;
        Assert.False(Float32Twin.IsNeeded(facts));
        Assert.Equal("float32", Assert.Single(facts.Weights).ElementType);
        var weight = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Case)).Graph.Initializer.Single();
        var (k, n) = ((int)weight.Dims[0], (int)weight.Dims[1]);
        var x = Weights.Normal(new Random(8), 2 * k, 1);
        var expected = new float[2 * n];
        for (var i = 0; i < expected.Length; i++)
        {
            expected[i] = (float)Enumerable.Range(0, k).Sum(j => (double)x[(i / n * k) + j] * Value(weight, (j * n) + (i % n)));
        }

        using var session = new InferenceSession(twin, Comparison.Options());
        using var input = OrtValue.CreateTensorValueFromMemory(x, [2, k]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["X"], [input], ["Y"]);
        Assert.True(Comparison.Difference(expected, results[0].GetTensorDataAsSpan<float>().ToArray()) < 1e-4);
    }

    [Fact]
    public void Write_SubgraphsFunctionsConstantsAndExternalData_AreWidenedToo()
    {
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.BFloat16, 2, 64);
        b.Input("flag", GraphBuilder.Bool);
        var values = Weights.Normal(new Random(3), 64 * 64, 0.1);
        b.Graph.Initializer.Add(GraphBuilder.BFloat16Tensor("w", values, 64, 64));
        b.Graph.Initializer.Add(GraphBuilder.Tensor("f", values, 64, 64));
        var constant = new AttributeProto { Name = "value", Type = 4, T = GraphBuilder.BFloat16Tensor("c", [2], 1) };
        var branch = new GraphProto { Name = "then" };
        branch.Node.Add(new NodeProto { OpType = "Constant", Output = { "two" }, Attribute = { constant } });
        branch.Node.Add(new NodeProto { OpType = "Mul", Input = { "x", "two" }, Output = { "doubled" } });
        branch.Output.Add(GraphBuilder.Value("doubled", GraphBuilder.BFloat16, null));
        var other = new GraphProto { Name = "else" };
        other.Node.Add(new NodeProto { OpType = "Identity", Input = { "x" }, Output = { "same" } });
        other.Output.Add(GraphBuilder.Value("same", GraphBuilder.BFloat16, null));
        var picked = b.Node("If", ["flag"], Branch("then_branch", branch), Branch("else_branch", other));
        var narrow = b.Node("Cast", ["f"], GraphBuilder.Int("to", GraphBuilder.BFloat16));
        b.Add("MatMul", [b.Node("MatMul", [picked, "w"]), narrow], "y");
        b.Output("y", GraphBuilder.BFloat16);
        var twin = _folder.File("twin.onnx");

        Float32Twin.Write(b.Save(_folder.Path, 1), twin, new(), Token);

        Assert.False(Float32Twin.IsNeeded(ModelInspector.Inspect(twin, new(), Token).Facts!));
        using var session = new InferenceSession(twin, Comparison.Options());
        using var input = OrtValue.CreateTensorValueFromMemory(Weights.Normal(new Random(5), 128, 1), [2, 64]);
        using var flag = OrtValue.CreateTensorValueFromMemory(new[] { true }, []);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x", "flag"], [input, flag], ["y"]);
        Assert.Contains(results[0].GetTensorDataAsSpan<float>().ToArray(), value => value != 0);

        static AttributeProto Branch(string name, GraphProto graph) => new() { Name = name, Type = 5, G = graph };
    }

    private static float Value(TensorProto tensor, int index)
    {
        var bytes = tensor.RawData.Span;
        return BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes[(2 * index)..]) << 16);
    }
}
