using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests;

public sealed class ModelQuantizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static (GraphBuilder Builder, float[] Weight) Product(int k, int n, int seed = 3)
    {
        var b = new GraphBuilder();
        var weight = Weights.Normal(new Random(seed), (long)k * n, 0.1);
        b.Input("x", GraphBuilder.Float, "m", k);
        b.Weight("w", weight, k, n);
        b.Add("MatMul", ["x", "w"], "y").Name = "product";
        b.Output("y");
        return (b, weight);
    }

    private QuantizationReport Quantize(GraphBuilder b, QuantizationOptions options, int files = 1) =>
        ModelQuantizer.Quantize(b.Save(_folder.Path, files), _folder.File("out.onnx"), options, null, CancellationToken.None);

    // One matrix that fits a slice, and one that is worked on in several, whose scales have to wait for its codes.
    [Theory]
    [InlineData("int4", 64, 48)]
    [InlineData("int4", 2048, 4096)]
    [InlineData("int8-dynamic", 2048, 4096)]
    [InlineData("fp16", 64, 48)]
    public void Quantize_IntoSink_GivesTheSameFilesAsAFolder(string recipe, int k, int n)
    {
        var path = Product(k, n).Builder.Save(_folder.Path, 1);
        using var sink = new MemorySink();
        var options = new QuantizationOptions { Recipe = recipe, Search = recipe == "fp16" };
        var folder = ModelQuantizer.Quantize(path, _folder.File("out.onnx"), options, null, CancellationToken.None);

        var report = ModelQuantizer.Quantize(path, "out.onnx", sink, options, null, CancellationToken.None);

        Assert.Equal(["out.onnx.data", "out.onnx"], report.Files.Select(file => file.Name));
        Assert.Equal(folder.Files, report.Files);
        Assert.Equal(report.Files, sink.Completed);
        Assert.All(report.Files, file =>
        {
            Assert.Equal(File.ReadAllBytes(_folder.File(file.Name)), sink.Files[file.Name]);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(sink.Files[file.Name])), file.Sha256);
        });
    }

    [Theory]
    [InlineData(null, 4)]
    [InlineData(1, 1)]
    public void Quantize_AccuracyLevel_IsTheNodes(int? given, long written)
    {
        Quantize(Product(64, 48).Builder, new() { Recipe = "int8", AccuracyLevel = given });

        var node = Assert.Single(ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder.File("out.onnx"))).Graph.Node);
        Assert.Equal(written, node.Attribute.Single(attribute => attribute.Name == "accuracy_level").I);
    }

    [Fact]
    public void Quantize_SinkThatFails_CompletesNothing()
    {
        var path = Product(256, 256).Builder.Save(_folder.Path, 1);
        using var sink = new MemorySink { FailsAfter = 4096 };
        Assert.Throws<IOException>(() =>
            ModelQuantizer.Quantize(path, "out.onnx", sink, new() { Recipe = "int4" }, null, CancellationToken.None));
        Assert.Empty(sink.Completed);
    }

    [Fact]
    public void Dispose_FolderSinkNotCompleted_LeavesNoFile()
    {
        var path = Product(64, 48).Builder.Save(_folder.Path, 1);
        var before = Directory.GetFiles(_folder.Path).Order();
        using (var sink = new FolderSink(_folder.Path))
        {
            using var file = sink.Create("out.onnx");
            file.Write([1, 2, 3]);
        }

        Assert.Equal(before, Directory.GetFiles(_folder.Path).Order());
        Assert.True(File.Exists(path));
    }

    // Round to nearest in float64, range of the block with zero inside: the textbook rule.
    private static double PlainError(float[] w, int k, int n, int size, int levels)
    {
        var back = new double[w.Length];
        for (var column = 0; column < n; column++)
        {
            for (var first = 0; first < k; first += size)
            {
                var rows = Enumerable.Range(first, Math.Min(size, k - first)).Select(r => (r * n) + column).ToList();
                var (low, high) = (Math.Min(0, rows.Min(i => w[i])), Math.Max(0, rows.Max(i => w[i])));
                var scale = (high - low) / (double)levels;
                var zero = Math.Round(-low / scale);
                rows.ForEach(i => back[i] = (Math.Clamp(Math.Round(w[i] / scale) + zero, 0, levels) - zero) * scale);
            }
        }

        return StoredBlocks.RelativeError(w, back);
    }

    [Theory]
    [InlineData(4, 64, 24, 32)]
    [InlineData(4, 96, 7, 32)]
    [InlineData(4, 100, 33, 16)]
    [InlineData(8, 100, 33, 32)]
    [InlineData(8, 300, 65, 128)]
    public void Quantize_PlainRounding_MatchesFloat64Reference(int bits, int k, int n, int size)
    {
        var (b, weight) = Product(k, n);
        var report = Quantize(b, new() { Recipe = bits == 4 ? "int4" : "int8", BlockSize = size, Search = false, Symmetric = false });
        var stored = new StoredBlocks(_folder.File("out.onnx"));
        var error = StoredBlocks.RelativeError(weight, stored.Dequantized(stored.Model.Graph.Node.Single()));
        Assert.Equal(PlainError(weight, k, n, size, (1 << bits) - 1), error, error * 0.02);
        var tensor = Assert.Single(report.Tensors);
        Assert.Equal(error, tensor.RelativeError!.Value, error * 1e-4);
        Assert.Equal(("w", bits, size), (tensor.Name, tensor.Bits, tensor.BlockSize));
    }

    [Theory]
    [InlineData(false, 0.94)]
    [InlineData(true, 0.94)]
    public void Quantize_Search_BeatsPlainRounding(bool symmetric, double atMost)
    {
        var (b, _) = Product(512, 128);
        var plain = Quantize(b, new() { Recipe = "int4", Search = false, Symmetric = symmetric }, 0).Tensors[0].RelativeError;
        var searched = Quantize(b, new() { Recipe = "int4", Symmetric = symmetric }, 0).Tensors[0].RelativeError;
        Assert.True(searched < plain * atMost, $"{searched} against {plain}");
    }

    [Fact]
    public void Quantize_Result_RunsAsTheDequantizedProduct()
    {
        var (b, _) = Product(100, 40);
        Quantize(b, new() { Recipe = "int4" });
        var stored = new StoredBlocks(_folder.File("out.onnx"));
        var w = stored.Dequantized(stored.Model.Graph.Node.Single());
        var x = Weights.Normal(new Random(5), 200, 1);
        using var options = Comparison.Options();
        using var session = new InferenceSession(_folder.File("out.onnx"), options);
        using var input = OrtValue.CreateTensorValueFromMemory(x, [2, 100]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [input], ["y"]);
        var y = results[0].GetTensorDataAsSpan<float>();
        double error = 0, norm = 0;
        for (var i = 0; i < y.Length; i++)
        {
            var expected = Enumerable.Range(0, 100).Sum(k => x[(i / 40 * 100) + k] * w[(k * 40) + (i % 40)]);
            error += Math.Pow(y[i] - expected, 2);
            norm += expected * expected;
        }

        // Level 4 quantizes the input to int8 as well.
        Assert.True(Math.Sqrt(error / norm) < 0.015);
    }

    [Fact]
    public void Quantize_TiedTable_IsStoredOnce()
    {
        var b = new GraphBuilder();
        b.Input("tokens", GraphBuilder.Int64, "batch", "sequence");
        b.Weight("table", Weights.Normal(new Random(1), 500 * 64, 1), 500, 64);
        var rows = b.Node("Gather", ["table", "tokens"]);
        b.Add("MatMul", [rows, b.Node("Transpose", ["table"], GraphBuilder.Ints("perm", 1, 0))], "y");
        b.Output("y");
        var report = Quantize(b, new() { Recipe = "int4-mixed" });
        var stored = new StoredBlocks(_folder.File("out.onnx"));
        var tensor = Assert.Single(report.Tensors);
        Assert.Equal(8, tensor.Bits);
        Assert.Equal(1, stored.Model.Graph.Initializer.Count(t => t.Name.Contains("_q8", StringComparison.Ordinal)));
        Assert.True(new FileInfo(_folder.File("out.onnx.data")).Length < tensor.BytesAfter + 256);
        using var options = Comparison.Options();
        using var session = new InferenceSession(_folder.File("out.onnx"), options);
    }

    [Fact]
    public void Quantize_UntouchedParts_StayAsTheyWere()
    {
        var (b, _) = Product(64, 32);
        b.Model.MetadataProps.Add(new StringStringEntryProto { Key = "license", Value = "kept" });
        b.Graph.Node[0].MetadataProps.Add(new StringStringEntryProto { Key = "note", Value = "also kept" });
        b.Graph.Node[0].DocString = "documented";
        b.Add("Relu", ["y"], "z").DocString = "other";
        b.Output("z");
        // A field this code knows nothing about must survive at every level.
        var unknown = new byte[] { 0xA2, 0x3E, 0x03, 1, 2, 3 };
        var path = b.Save(_folder.Path);
        File.WriteAllBytes(path, [.. File.ReadAllBytes(path), .. unknown]);
        ModelQuantizer.Quantize(path, _folder.File("out.onnx"), new() { Recipe = "int4" }, null, CancellationToken.None);
        var bytes = File.ReadAllBytes(_folder.File("out.onnx"));
        var model = ModelProto.Parser.ParseFrom(bytes);
        Assert.Equal("kept", model.MetadataProps.Single().Value);
        var product = model.Graph.Node[0];
        Assert.Equal(
            ("product", "MatMulNBits", "com.microsoft", "documented", "y"),
            (product.Name, product.OpType, product.Domain, product.DocString, product.Output[0]));
        Assert.Equal("also kept", product.MetadataProps.Single().Value);
        Assert.Equal(b.Graph.Node[1], model.Graph.Node[1]);
        Assert.Equal(17, model.OpsetImport.Single(o => o.Domain.Length == 0).Version);
        Assert.True(bytes.AsSpan().IndexOf(unknown) > 0);
    }

    [Fact]
    public void Quantize_WeightWithNaN_IsRefusedByNameAndLeavesNothing()
    {
        var (b, weight) = Product(64, 32);
        weight[70] = float.NaN;
        b.Graph.Initializer[0].RawData = GraphBuilder.Tensor("w", weight, 64, 32).RawData;
        var refused = Assert.Throws<ModelQuantizationException>(() => Quantize(b, new() { Recipe = "int4" }));
        Assert.Equal("not-finite", refused.Problems.Single().Code);
        Assert.Contains("'w'", refused.Problems.Single().Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path, "out.onnx*"));
    }

    [Fact]
    public void Quantize_Cancelled_LeavesNothing()
    {
        var (b, _) = Product(64, 32);
        using var source = new CancellationTokenSource();
        var progress = new CancelAtFirst(source);
        Assert.Throws<OperationCanceledException>(() =>
            ModelQuantizer.Quantize(b.Save(_folder.Path), _folder.File("out.onnx"), new() { Recipe = "int4" }, progress, source.Token));
        Assert.Empty(Directory.GetFiles(_folder.Path, "out.onnx*"));
    }

    private sealed class CancelAtFirst(CancellationTokenSource source) : IProgress<QuantizationProgress>
    {
        public void Report(QuantizationProgress value) => source.Cancel();
    }

    [Fact]
    public void Quantize_OntoItsInput_IsRefused()
    {
        var (b, _) = Product(64, 32);
        var path = b.Save(_folder.Path);
        var before = File.ReadAllBytes(path);
        Assert.Throws<ModelQuantizationException>(() =>
            ModelQuantizer.Quantize(path, path, new() { Recipe = "int4" }, null, CancellationToken.None));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("int9", null, "unknown-recipe")]
    [InlineData("int4", 48, "bad-option")]
    public void Quantize_BadOptions_AreRefused(string recipe, int? block, string code)
    {
        var (b, _) = Product(64, 32);
        var refused = Assert.Throws<ModelQuantizationException>(() => Quantize(b, new() { Recipe = recipe, BlockSize = block }));
        Assert.Equal(code, refused.Problems.Single().Code);
    }

    [Fact]
    public void Quantize_KeepFloatExcludeAndInclude_LeaveWeightsWithAReason()
    {
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.Float, "m", 64);
        foreach (var name in new[] { "alpha", "beta", "gamma" })
        {
            b.Weight(name, Weights.Normal(new Random(1), 64 * 64, 1), 64, 64);
            b.Add("MatMul", ["x", name], $"y_{name}");
            b.Output($"y_{name}");
        }

        var report = Quantize(b, new() { Recipe = "int4", Include = ["a*", "b*"], Exclude = ["b?ta"] }, 0);
        Assert.Equal(4, report.Tensors.Single(t => t.Name == "alpha").Bits);
        Assert.Equal("Exclude matches it", report.Tensors.Single(t => t.Name == "beta").Reason);
        Assert.Equal("Include does not match it", report.Tensors.Single(t => t.Name == "gamma").Reason);
        Assert.Equal("KeepFloat names it", Quantize(b, new() { Recipe = "int4", KeepFloat = ["alpha"] }, 0).Tensors[0].Reason);
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("int4-mixed")]
    [InlineData("fp16")]
    public void Plan_SameOptions_NamesTheSizesThatQuantizeWrites(string recipe)
    {
        var (b, _) = Product(96, 40);
        var options = new QuantizationOptions { Recipe = recipe, Symmetric = recipe == "fp16" ? null : false };
        var path = b.Save(_folder.Path);
        var planned = ModelQuantizer.Plan(path, options, CancellationToken.None);
        var done = ModelQuantizer.Quantize(path, _folder.File("out.onnx"), options, null, CancellationToken.None).Tensors;
        Assert.Equal(done.Select(t => (t.Name, t.Bits, t.BytesAfter)), planned.Select(t => (t.Name, t.Bits, t.BytesAfter)));
    }

    [Theory]
    [InlineData("MatMul", "fp16", "1.8.0")]
    [InlineData("MatMul", "int8-dynamic", "1.8.0")]
    [InlineData("MatMul", "int4", "1.18.0")]
    [InlineData("Gemm", "int4", "1.19.0")]
    [InlineData("MatMul", "int8", "1.22.0")]
    [InlineData("Gather", "int4", "1.23.0")]
    [InlineData("Gather", "int8", "1.23.0")]
    public void Quantize_Report_StatesTheOldestRuntimeOfWhatWasWritten(string first, string recipe, string oldest)
    {
        var b = new GraphBuilder();
        b.Weight("table", Weights.Normal(new Random(1), 64 * 64, 1), 64, 64);
        b.Input("x", first == "Gather" ? GraphBuilder.Int64 : GraphBuilder.Float, first == "Gather" ? [2] : [2, 64]);
        var y =
            first == "Gemm"
                ? b.Node("Gemm", ["x", "table", b.Weight("bias", new float[64], 64)])
                : b.Node(first, first == "Gather" ? ["table", "x"] : ["x", "table"]);
        b.Add("MatMul", [y, b.Weight("w", Weights.Normal(new Random(2), 64 * 64, 1), 64, 64)], "y");
        b.Output("y");
        Assert.Equal(oldest, Quantize(b, new() { Recipe = recipe }).MinimumOrt);
    }

    [Fact]
    public void Quantize_AutoOnAWeightThatStartsWithZeros_KeepsItsErrorBudget()
    {
        var (b, weight) = Product(64, 128);
        for (var i = 0; i < weight.Length; i++)
        {
            weight[i] = i % 128 < 64 ? 0 : weight[i];
        }

        b.Graph.Initializer[0].RawData = GraphBuilder.Tensor("w", weight, 64, 128).RawData;
        Assert.True(Quantize(b, new() { Recipe = "auto", ErrorBudget = 0.001 }).Tensors.Single().RelativeError < 0.001);
    }

    [Fact]
    public void Quantize_ItsOwnOutput_LeavesCodesAloneAndSaysWhy()
    {
        var (b, _) = Product(256, 64);
        Quantize(b, new() { Recipe = "int8" });
        var again = ModelQuantizer.Quantize(
            _folder.File("out.onnx"),
            _folder.File("again.onnx"),
            new() { Recipe = "int4" },
            null,
            CancellationToken.None);
        Assert.Contains(again.Tensors, t => t.Scheme == "as-it-was" && t.Reason!.Contains("already", StringComparison.Ordinal));
        Assert.All(again.Tensors, t => Assert.Null(t.RelativeError));
    }

    // Digests taken on an AVX2 machine and again with all hardware intrinsics off; any other machine must reach them too.
    [Theory]
    [InlineData("int4", 1)]
    [InlineData("int4", 3)]
    [InlineData("int8", 2)]
    [InlineData("int8-dynamic", 2)]
    [InlineData("fp16", 1)]
    [InlineData("auto", 2)]
    public void Quantize_SameInput_GivesTheSameBytesEverywhere(string recipe, int threads)
    {
        var (b, _) = Product(300, 200, seed: 9);
        Quantize(b, new() { Recipe = recipe, Threads = threads });
        var digest = Convert.ToHexStringLower(
            SHA256.HashData([.. File.ReadAllBytes(_folder.File("out.onnx")), .. File.ReadAllBytes(_folder.File("out.onnx.data"))]))[..16];
        Assert.Equal(ExpectedDigest(recipe), digest);
    }

    private static string ExpectedDigest(string recipe) => recipe switch
    {
        "int4" => "c31339a1a38b1baa",
        "int8" or "auto" => "27a44e8b04652131",
        "int8-dynamic" => "c517d9ab2b4d1de6",
        _ => "8d54087c5e673d6c",
    };
}
