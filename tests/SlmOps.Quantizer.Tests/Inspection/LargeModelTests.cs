using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Quantizer.Tests.Inspection;

/// <summary>Tensors above 2 GiB, in several files of external data: holes on the disk, since nothing here reads them.</summary>
public sealed class LargeModelTests : IDisposable
{
    private const long GiB = 1L << 30;
    private const int Wide = 32_768;
    private const int Narrow = 24_576;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Inspect_TensorsAbove2GiBInSeveralFiles_CountsThemAll()
    {
        var result = ModelInspector.Inspect(Model(), new() { MaxModelBytes = 32 * GiB }, CancellationToken.None);

        Assert.Empty(result.Problems);
        Assert.Equal((2L * Wide * Narrow, 6 * GiB), (result.Facts!.Parameters, result.Facts.WeightBytes));
        Assert.Equal(["a/one.bin", "two.bin"], result.Facts.ExternalFiles.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Inspect_MoreThanTheLimit_IsRefused()
    {
        var result = ModelInspector.Inspect(Model(), new() { MaxModelBytes = 6 * GiB }, CancellationToken.None);

        Assert.Equal("too-large", Assert.Single(result.Problems).Code);
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("int4")]
    public void Plan_TensorsAbove2GiB_AreQuantized(string recipe)
    {
        var plan = ModelQuantizer.Plan(Model(), new() { Recipe = recipe }, CancellationToken.None);

        Assert.Equal(["w1", "w2"], plan.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.All(plan, tensor => Assert.InRange(tensor.BytesAfter, 3 * GiB / 9, 3 * GiB / 3));
    }

    private string Model()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Holes in files that every file system of a system has are needed.");
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.Float, "batch", Wide);
        b.Weight("w1", [0], Wide, Narrow);
        b.Weight("w2", [0], Narrow, Wide);
        b.Add("MatMul", ["x", "w1"], "h");
        b.Add("MatMul", ["h", "w2"], "y");
        b.Output("y");
        Directory.CreateDirectory(_folder.File("a"));
        foreach (var (tensor, file) in b.Graph.Initializer.Zip(["a/one.bin", "two.bin"]))
        {
            tensor.ClearRawData();
            tensor.FloatData.Clear();
            GraphBuilder.External(tensor, file, 0, 3 * GiB);
            using var hole = File.Create(_folder.File(file));
            hole.SetLength(3 * GiB);
        }

        return b.Save(_folder.Path, 0);
    }
}
