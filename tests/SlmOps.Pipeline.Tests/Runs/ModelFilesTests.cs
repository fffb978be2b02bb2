using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Runs;

public sealed class ModelFilesTests
{
    [Fact]
    public void Of_Upload_IsGraphAndWeights() => Assert.Equal(
        ["model.onnx", "model.onnx.data", "more.bin"],
        Paths(ModelFiles.Of(Record("model.onnx", ["model.onnx.data", "more.bin"]))));

    [Fact]
    public void Companions_Upload_IsWhatADeviceNeedsBeside() => Assert.Equal(
        ["LICENSE", "config.json", "tokenizer.json"],
        Paths(ModelFiles.Companions(Record("model.onnx", ["model.onnx.data", "more.bin"]), [])));

    // A device refuses a package with more than one graph.
    [Fact]
    public void Companions_OtherGraphs_StayBehind()
    {
        var record = Record("model.onnx", ["model.onnx.data"], "model_fp16.onnx", "onnx/Other.ONNX");

        Assert.Equal(["LICENSE", "config.json", "tokenizer.json"], Paths(ModelFiles.Companions(record, [])));
    }

    // A device looks for the graph at the root of the package.
    [Theory]
    [InlineData("onnx/decoder.onnx", "onnx/decoder.onnx.data", "model.onnx decoder.onnx.data")]
    [InlineData("a/b/decoder.onnx", "a/b/w/0.bin", "model.onnx w/0.bin")]
    [InlineData("decoder.onnx", "decoder.onnx.data", "model.onnx decoder.onnx.data")]
    public void Original_GraphAnywhere_IsMovedToTheRootWithItsWeights(string graph, string weights, string expected)
    {
        var record = Record(graph, [weights], graph, weights);
        var files = ModelFiles.Original(record);

        Assert.Equal(expected, string.Join(' ', Paths(files)));
        Assert.Equal([Digest.Of(System.Text.Encoding.UTF8.GetBytes(graph)), Digest.Of(System.Text.Encoding.UTF8.GetBytes(weights))],
            files.Select(file => file.Digest));
    }

    private static IEnumerable<string> Paths(IEnumerable<StoredFile> files) => files.Select(file => file.Path);

    private static RunRecord Record(string model, string[] weights, params string[] more)
    {
        string[] paths =
        [
            "LICENSE",
            "config.json",
            "eval.txt",
            .. more,
            "model.onnx",
            "model.onnx.data",
            "more.bin",
            "slmops.json",
            "smoke.json",
            "tokenizer.json",
        ];
        var manifest = UploadManifest.Default with
        {
            Model = model,
            Tokenizer = "tokenizer.json",
            Smoke = "smoke.json",
            Evaluation = new("eval.txt", 128, 1000),
        };
        return new()
        {
            Model = "phi",
            Version = "1.0",
            Upload = "models/phi/1.0/slmops.json",
            SourceDigest = Digest.Of([]),
            Files = [.. paths.Distinct().Select(path => new StoredFile(path, Digest.Of(System.Text.Encoding.UTF8.GetBytes(path)), 1))],
            WeightFiles = weights,
            Manifest = manifest,
            IsLanguageModel = true,
            Parameters = 1,
            WeightBytes = 1,
            CreatedAt = default,
        };
    }
}
