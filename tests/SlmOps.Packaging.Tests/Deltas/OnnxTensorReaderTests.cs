using SlmOps.Packaging.Deltas;

namespace SlmOps.Packaging.Tests.Deltas;

public sealed class OnnxTensorReaderTests
{
    [Fact]
    public void Read_ExternalTensors_GivesFileOffsetAndLength()
    {
        var (graph, _) = TinyOnnx.External(64, new("a", 1, new byte[100]), new("b", 3, new byte[10]));

        Assert.Equal(
            [new("weights/model.data", 0, 100, "a|1|,100"), new("weights/model.data", 128, 10, "b|3|,10")],
            OnnxTensorReader.Read(new MemoryStream(graph), "weights/model.onnx"));
    }

    [Fact]
    public void Read_InlineTensor_GivesItsPlaceInTheGraph()
    {
        var graph = TinyOnnx.Inline(new TinyOnnx.Tensor("a", 1, [1, 2, 3, 4, 5]));

        var tensor = Assert.Single(OnnxTensorReader.Read(new MemoryStream(graph), "model.onnx"));

        Assert.Equal("model.onnx", tensor.Path);
        Assert.Equal([1, 2, 3, 4, 5], graph[(int)tensor.Offset..(int)(tensor.Offset + tensor.Length)]);
    }

    [Fact]
    public void Read_SampleModel_FindsItsWeights()
    {
        var folder = Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm");
        using var graph = File.OpenRead(Path.Combine(folder, "model.onnx"));

        var tensors = OnnxTensorReader.Read(graph, "model.onnx").Where(tensor => tensor.Path == "model.onnx.data").ToList();

        Assert.Equal(new FileInfo(Path.Combine(folder, "model.onnx.data")).Length, tensors.Max(tensor => tensor.Offset + tensor.Length));
        Assert.Contains(tensors, tensor => tensor.Key.EndsWith("|1|,2048,192", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_CutOrChangedAnywhere_NeverThrows()
    {
        var (graph, _) = TinyOnnx.External(64, new("a", 1, new byte[100]), new("b", 3, new byte[10]));
        for (var at = 0; at < graph.Length; at++)
        {
            OnnxTensorReader.Read(new MemoryStream(graph[..at]), "model.onnx");
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = (byte[])graph.Clone();
                changed[at] ^= (byte)(1 << bit);
                OnnxTensorReader.Read(new MemoryStream(changed), "model.onnx");
            }
        }
    }
}
