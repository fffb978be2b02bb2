using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Recipes;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Features;

/// <summary>Operators that hold a whole decoder as an attribute.</summary>
public sealed class GenerationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static int[] Run(string path)
    {
        using var options = Comparison.Options();
        using var session = new InferenceSession(path, options);
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { 5, 17, 40, 8, 2, 63 }, [2, 3]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["input_ids"], [input], ["sequences"]);
        return results[0].GetTensorDataAsSpan<int>().ToArray();
    }

    public static TheoryData<string, bool, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool, string>();
            foreach (var op in new[] { "BeamSearch", "GreedySearch", "Sampling" })
            {
                foreach (var recipe in RecipeCatalog.All)
                {
                    cases.Add(op, op == "GreedySearch", recipe.Name);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Quantize_DecoderInAnAttribute_GeneratesAsItsStoredWeightsDo(string op, bool shared, string recipe)
    {
        var path = TinyDecoder.Model(op, shared).Save(_folder.Path, files: 1);
        var options = new QuantizationOptions
        {
            Recipe = recipe,
            ErrorBudget = recipe == "auto" ? 0.001 : null,
            Sparsity = recipe == "prune" ? 0.5 : null,
        };
        var report = ModelQuantizer.Quantize(path, _folder.File("out.onnx"), options, null, CancellationToken.None);
        Assert.Contains(report.Tensors, t => t is { Name: "head", Scheme: not "float" });
        Assert.Contains(report.Tensors, t => t is { Name: "memory", Scheme: not "float" });
        var output = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder.File("out.onnx")));
        var node = Assert.Single(output.Graph.Node, n => n.OpType == op);
        Assert.Equal("com.microsoft", node.Domain);
        var reference = new ReferenceModel(ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)), output, _folder.Path);
        File.WriteAllBytes(_folder.File("reference.onnx"), reference.Model.ToByteArray());
        var (expected, actual) = (Run(_folder.File("reference.onnx")), Run(_folder.File("out.onnx")));
        Assert.True(expected.Length >= 12);
        Assert.True(expected.Distinct().Count() > 6, "The decoder says too little to tell forms apart.");
        Assert.Equal(expected, actual);
    }
}
