using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Features;

/// <summary>
/// Tensors in places that a rewritten model keeps byte for byte: inside the file they stay, in another file they would be
/// left behind.
/// </summary>
public sealed class ExternalElsewhereTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static GraphBuilder Model(string place, bool external)
    {
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.Float, 2, 32);
        b.Weight("w", Weights.Normal(new Random(1), 32 * 32, 0.1), 32, 32);
        var inner = b.Node("MatMul", ["x", "w"]);
        b.Add("MatMul", [inner, place == "sparse initializer" ? "aside" : "w"], "y");
        b.Output("y");
        var tensor = GraphBuilder.Tensor("aside", [1, 2, 3], 3);
        if (external)
        {
            tensor.ClearRawData();
            GraphBuilder.External(tensor, "aside.bin", 0, 12);
        }

        var sparse = new SparseTensorProto { Values = tensor, Indices = Places(0, 33, 66), Dims = { 32, 32 } };
        switch (place)
        {
            case "sparse initializer":
                b.Graph.SparseInitializer.Add(sparse);
                break;
            case "sparse constant":
                b.Graph.Node.Insert(
                    0,
                    new NodeProto
                    {
                        OpType = "Constant",
                        Output = { "unused" },
                        Attribute =
                        {
                            new AttributeProto
                            {
                                Name = "sparse_value",
                                Type = 11,
                                SparseTensor = sparse,
                            },
                        },
                    }
                );
                break;
            case "list of tensors":
                var node = b.Graph.Node[0];
                node.Attribute.Add(new AttributeProto { Name = "notes", Type = 9, Tensors = { tensor } });
                break;
            case "training":
                b.Model.TrainingInfo.Add(new TrainingInfoProto { Algorithm = new GraphProto { Name = "step", Initializer = { tensor } } });
                break;
            case "function default":
                b.Model.Functions.Add(new FunctionProto
                {
                    Name = "F",
                    Domain = "local",
                    Input = { "a" },
                    Output = { "b" },
                    OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } },
                    Node = { new NodeProto { OpType = "Identity", Input = { "a" }, Output = { "b" } } },
                    AttributeProto = { GraphBuilder.Of("value", tensor) },
                });
                b.Domain("local", 1);
                break;
        }

        return b;
    }

    private static TensorProto Places(params long[] values) =>
        new()
        {
            DataType = GraphBuilder.Int64,
            Dims = { values.Length },
            RawData = ByteString.CopyFrom(values.SelectMany(BitConverter.GetBytes).ToArray()),
        };

    [Theory]
    [InlineData("sparse initializer")]
    [InlineData("sparse constant")]
    [InlineData("list of tensors")]
    [InlineData("training")]
    [InlineData("function default")]
    public void Quantize_DataInAnotherFile_IsRefusedByName(string place)
    {
        var path = Model(place, external: true).Save(_folder.Path);
        File.WriteAllBytes(_folder.File("aside.bin"), new byte[12]);
        var refused = Assert.Throws<ModelQuantizationException>(() =>
            ModelQuantizer.Quantize(path, _folder.File("out.onnx"), new() { Recipe = "int4" }, null, CancellationToken.None));
        var problem = Assert.Single(refused.Problems);
        Assert.Equal("external-data-unsupported", problem.Code);
        Assert.Contains("'aside'", problem.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("out.onnx")));
    }

    [Theory]
    [InlineData("sparse initializer")]
    [InlineData("sparse constant")]
    [InlineData("training")]
    [InlineData("function default")]
    public void Quantize_DataInTheModelFile_StaysAndRuns(string place)
    {
        var b = Model(place, external: false);
        var path = b.Save(_folder.Path);
        ModelQuantizer.Quantize(path, _folder.File("out.onnx"), new() { Recipe = "int8" }, null, CancellationToken.None);
        var output = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder.File("out.onnx")));
        Assert.Equal(b.Graph.SparseInitializer, output.Graph.SparseInitializer);
        Assert.Equal(b.Model.TrainingInfo, output.TrainingInfo);
        Assert.Equal(b.Model.Functions, output.Functions);
        Assert.Contains(output.Graph.Node, n => n.OpType == "MatMulNBits");
        Assert.True(Comparison.Difference(Run(path), Run(_folder.File("out.onnx"))) < 0.05);
    }

    private static float[] Run(string path)
    {
        using var options = Comparison.Options();
        using var session = new InferenceSession(path, options);
        using var input = OrtValue.CreateTensorValueFromMemory(Weights.Normal(new Random(1), 64, 1), [2, 32]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [input], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
