using Google.Protobuf;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests;

/// <summary>A model that is read by ranges where it lies says and gives the same as its files.</summary>
public sealed class ModelSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("int4", 0)]
    [InlineData("int4", 2)]
    [InlineData("int8", 0)]
    [InlineData("int8", 1)]
    [InlineData("int8-dynamic", 1)]
    [InlineData("fp16", 0)]
    [InlineData("fp16", 1)]
    [InlineData("prune", 0)]
    public void Quantize_FromSource_GivesTheSameBytesAsFromFiles(string recipe, int files)
    {
        var path = Model().Save(_folder.Path, files);
        var options = new QuantizationOptions { Recipe = recipe, Sparsity = recipe == "prune" ? 0.5 : null };
        using var expected = new MemorySink();
        var report = ModelQuantizer.Quantize(path, "out.onnx", expected, options, null, CancellationToken.None);
        using var sink = new MemorySink();
        var source = new MemorySource(_folder.Path, "sub/");

        var again = ModelQuantizer.Quantize(source, "sub/model.onnx", "out.onnx", sink, options, null, CancellationToken.None);

        Assert.Equal(report.Files, again.Files);
        Assert.Equal((report.InputBytes, report.MinimumOrt), (again.InputBytes, again.MinimumOrt));
        Assert.All(report.Files, file => Assert.Equal(expected.Files[file.Name], sink.Files[file.Name]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Inspect_FromSource_ReadsTheGraphAlone(int files)
    {
        var path = Model().Save(_folder.Path, files);
        var source = new MemorySource(_folder.Path, "");

        var result = ModelInspector.Inspect(source, "model.onnx", new(), CancellationToken.None);

        var local = ModelInspector.Inspect(path, new(), CancellationToken.None);
        Assert.Empty(result.Problems);
        Assert.Equal(
            (local.Facts!.Parameters, local.Facts.WeightBytes, local.Facts.GraphBytes),
            (result.Facts!.Parameters, result.Facts.WeightBytes, result.Facts.GraphBytes));
        Assert.Equal(local.Facts.ExternalFiles, result.Facts.ExternalFiles);

        // The two large weights have 24 MiB together; what lies around them is read in blocks of 64 KiB.
        Assert.InRange(source.Read.Values.Sum(), 1, 1 << 20);
    }

    [Fact]
    public void Inspect_RepeatedLargeTensorWithOtherBytes_IsAProblemFromSourceToo()
    {
        var b = Model();
        var large = b.Model.Graph.Initializer.Single(tensor => tensor.Name == "wide").Clone();
        var other = large.RawData.ToByteArray();
        other[other.Length / 2]++;
        large.RawData = ByteString.CopyFrom(other);
        b.Model.Graph.Initializer.Add(large);
        var path = b.Save(_folder.Path);

        var result = ModelInspector.Inspect(new MemorySource(_folder.Path, ""), "model.onnx", new(), CancellationToken.None);

        var expected = ModelInspector.Inspect(path, new(), CancellationToken.None).Problems;
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Select(problem => problem.Message), result.Problems.Select(problem => problem.Message));
    }

    [Fact]
    public void Inspect_ExternalFileThatIsNotThere_IsTheSameProblem()
    {
        var path = Model().Save(_folder.Path, 2);
        File.Delete(_folder.File("data_1.bin"));

        var result = ModelInspector.Inspect(new MemorySource(_folder.Path, "a/b/"), "a/b/model.onnx", new(), CancellationToken.None);

        var expected = ModelInspector.Inspect(path, new(), CancellationToken.None).Problems;
        Assert.Equal(expected.Select(problem => problem.Message), result.Problems.Select(problem => problem.Message));
        Assert.Contains(expected, problem => problem.Message.Contains("data_1.bin", StringComparison.Ordinal));
    }

    // Damaged where the graph, a head or the data is, and cut off anywhere.
    [Fact]
    public void Inspect_DamagedFile_SaysTheSameAsFromFiles()
    {
        var path = Model().Save(_folder.Path);
        var whole = File.ReadAllBytes(path);
        var random = new Random(5);
        for (var trial = 0; trial < 60; trial++)
        {
            var bytes = trial % 3 == 0 ? whole[..random.Next(whole.Length)] : (byte[])whole.Clone();
            for (var count = trial % 3 * 4; count > 0 && bytes.Length > 0; count--)
            {
                bytes[random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(Math.Min(bytes.Length, 200))] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, bytes);
            var expected = ModelInspector.Inspect(path, new(), CancellationToken.None);

            var result = ModelInspector.Inspect(new MemorySource(_folder.Path, ""), "model.onnx", new(), CancellationToken.None);

            Assert.Equal(expected.Problems.Select(problem => problem.Message), result.Problems.Select(problem => problem.Message));
            Assert.Equal(expected.Facts?.Parameters, result.Facts?.Parameters);
        }
    }

    /// <summary>
    /// A weight that is worked on in strips, one in a Constant node, and small ones: over 4 MiB, so that the graph is looked for.
    /// </summary>
    private static GraphBuilder Model()
    {
        var b = new GraphBuilder();
        var random = new Random(11);
        b.Input("x", GraphBuilder.Float, "m", 1024);
        b.Weight("wide", Weights.Normal(random, 1024 * 4608, 0.1), 1024, 4608);
        b.Weight("bias", Weights.Normal(random, 4608, 0.1), 4608);
        b.Add("MatMul", ["x", "wide"], "h").Name = "layers.0.wide";
        b.Add("Add", ["h", "bias"], "s");
        var narrow = GraphBuilder.Tensor("c", Weights.Normal(random, 4608 * 320, 0.1), 4608, 320);
        var constant = new AttributeProto { Name = "value", Type = 4, T = narrow };
        b.Add("Constant", [], "narrow", constant);
        b.Add("MatMul", ["s", "narrow"], "y").Name = "layers.1.narrow";
        b.Output("y");
        return b;
    }
}
