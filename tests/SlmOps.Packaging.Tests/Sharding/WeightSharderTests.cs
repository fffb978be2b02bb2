using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Sharding;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tests.Deltas;

namespace SlmOps.Packaging.Tests.Sharding;

public sealed class WeightSharderTests : IDisposable
{
    private static readonly string Sample = Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ReadAsync_SampleModel_HasOneShardABlockAndComputesTheSame()
    {
        var result = await ShardedFolder.WriteAsync(Sample, _folder["sharded"], Stop);

        Assert.Null(result.Reason);
        Assert.Equal(
            ["weights/L00.bin", "weights/L01.bin", "weights/L02.bin", "weights/L03.bin", "weights/embed.bin", "weights/head.bin"],
            result
                .Files.Select(file => file.Path)
                .Where(path => path.StartsWith("weights/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        Assert.Single(Enumerable.Range(0, 4).Select(block => new FileInfo(_folder[$"sharded/weights/L0{block}.bin"]).Length).Distinct());
        Assert.False(File.Exists(_folder["sharded/model.onnx.data"]));
        Assert.True(File.Exists(_folder["sharded/tokenizer.json"]));
        Assert.Equal(Logits(Sample), Logits(_folder["sharded"]));
    }

    [Fact]
    public async Task ReadAsync_LargeWeights_StartOn64KiB()
    {
        await ShardedFolder.WriteAsync(Sample, _folder["sharded"], Stop);
        using var graph = File.OpenRead(_folder["sharded/model.onnx"]);

        var tensors = OnnxTensorReader
            .Read(graph, "model.onnx")
            .Where(tensor => tensor.Path.StartsWith("weights/", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(tensors);
        Assert.All(tensors.Where(tensor => tensor.Length >= 65536), tensor => Assert.Equal(0, tensor.Offset % 65536));
    }

    [Fact]
    public async Task ReadAsync_Twice_GivesTheSameBytes()
    {
        await ShardedFolder.WriteAsync(Sample, _folder["one"], Stop);
        await ShardedFolder.WriteAsync(Sample, _folder["two"], Stop);

        foreach (var file in Directory.GetFiles(_folder["one"], "*", SearchOption.AllDirectories))
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(file, Stop),
                await File.ReadAllBytesAsync(_folder[Path.Combine("two", Path.GetRelativePath(_folder["one"], file))], Stop));
        }
    }

    [Fact]
    public async Task ReadAsync_ShardedModelWithOneBlockChanged_SharesEveryOtherBlob()
    {
        await ShardedFolder.WriteAsync(Sample, _folder["one"], Stop);
        await ShardedFolder.WriteAsync(Sample, _folder["two"], Stop);
        var bytes = await File.ReadAllBytesAsync(_folder["two/weights/L02.bin"], Stop);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(_folder["two/weights/L02.bin"], bytes, Stop);
        var store = new FolderBlobStore(_folder["store"]);

        var one = await VariantPackager.PackAsync(_folder["one"], Samples.Description(), store, Stop);
        var two = await VariantPackager.PackAsync(_folder["two"], Samples.Description(), store, Stop);

        var held = ReleaseReader.ReadManifest(await store.ReadAsync(one.Manifest, Limits.ManifestBytes, Stop));
        var wanted = ReleaseReader.ReadManifest(await store.ReadAsync(two.Manifest, Limits.ManifestBytes, Stop));
        Assert.Equal(bytes.Length, FetchPlan.Make(wanted, held.Files.Select(file => file.Digest).ToHashSet(), null).Bytes);
    }

    [Fact]
    public async Task ReadAsync_NoExternalWeights_KeepsTheFilesAndSaysSo()
    {
        _folder.With("in/model.onnx", TinyOnnx.Inline(new TinyOnnx.Tensor("a", 1, [1, 2, 3, 4]))).With("in/sub/a.json", "{}");

        var result = await ShardedFolder.WriteAsync(_folder["in"], _folder["out"], Stop);

        Assert.Contains("no external weights", result.Reason, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["out/sub/a.json"]) && File.Exists(_folder["out/model.onnx"]));
    }

    [Theory]
    [InlineData("../secret", "unsafe-path")]
    [InlineData("missing", "unsafe-path")]
    [InlineData("link", "unsafe-path")]
    [InlineData("short", "out-of-range")]
    public async Task ReadAsync_WeightElsewhere_IsRefused(string location, string code)
    {
        var (graph, _) = TinyOnnx.External(64, new TinyOnnx.Tensor("a", 1, new byte[100]));
        // The name has ten characters, and so must every other.
        var name = System.Text.Encoding.ASCII.GetBytes(location.PadRight(10, 'x'));
        var at = graph.AsSpan().IndexOf("model.data"u8);
        name.CopyTo(graph, at);
        _folder.With("secretx", new byte[100]).With("in/model.onnx", graph).With("in/shortxxxxx", new byte[99]);
        File.CreateSymbolicLink(_folder["in/linkxxxxxx"], _folder["secretx"]);

        var exception = await Assert.ThrowsAsync<PackageFormatException>(() =>
            ShardedFolder.WriteAsync(_folder["in"], _folder["out"], Stop));

        Assert.Equal(code, exception.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public async Task Read_ShardInPiecesOfAnySize_GivesTheSameBytes(int size)
    {
        var variant = await WeightSharder.ReadAsync(Sample, "model.onnx", Stop);
        await using var whole = variant.Files.Single(file => file.Path == "weights/L01.bin").Open();
        var expected = new byte[whole.Length];
        await whole.ReadExactlyAsync(expected, Stop);
        Assert.Equal(0, await whole.ReadAsync(new byte[1].AsMemory(), Stop));
        var from = expected.Length - Math.Min(expected.Length, 5000 * size);
        whole.Seek(from, SeekOrigin.Begin);

        var read = new MemoryStream();
        var buffer = new byte[size];
        for (int count; (count = whole.Read(buffer)) > 0;)
        {
            read.Write(buffer, 0, count);
        }

        Assert.Equal(expected[from..], read.ToArray());
    }

    private static float[] Logits(string folder)
    {
        using var session = new InferenceSession(Path.Combine(folder, "model.onnx"));
        long[] tokens = [0, 17, 42, 99, 7];
        var inputs = new List<NamedOnnxValue>
        {
            NamedOnnxValue.CreateFromTensor("input_ids", new DenseTensor<long>(tokens, [1, tokens.Length])),
            NamedOnnxValue.CreateFromTensor("attention_mask", new DenseTensor<long>(new long[] { 1, 1, 1, 1, 1 }, [1, tokens.Length])),
            NamedOnnxValue.CreateFromTensor("position_ids", new DenseTensor<long>(new long[] { 0, 1, 2, 3, 4 }, [1, tokens.Length])),
        };
        foreach (var name in session.InputMetadata.Keys.Where(name => name.StartsWith("past", StringComparison.Ordinal)))
        {
            inputs.Add(NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>([1, 3, 0, 32])));
        }

        using var outputs = session.Run(inputs, ["logits"]);
        return [.. outputs[0].AsTensor<float>()];
    }
}
