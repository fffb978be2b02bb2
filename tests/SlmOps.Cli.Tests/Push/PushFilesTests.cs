using SlmOps.Contracts;
using SlmOps.Cli.Push;

namespace SlmOps.Cli.Tests.Push;

public sealed class PushFilesTests
{
    [Theory]
    [InlineData("phi.onnx", null, null, "phi", null, "phi.onnx")]
    [InlineData("Phi-3-Mini.onnx", null, null, "phi-3-mini", null, "phi-3-mini.onnx")]
    [InlineData("phi-1.2.0.onnx", null, null, "phi", "1.2.0", "phi-1.2.0.onnx")]
    [InlineData("phi.onnx", "other", null, "other", null, "other.onnx")]
    [InlineData("phi.onnx", null, "2.0", "phi", "2.0", "phi/2.0.onnx")]
    [InlineData("phi.ONNX", "Other", "RC1", "other", "rc1", "other/rc1.onnx")]
    public void Of_File_GoesToTheDropBox(string file, string? name, string? version, string model, string? release, string blob)
    {
        using var folder = new Folder();
        var path = folder.Put(file);

        var plan = PushFiles.Of(path, name, version);

        Assert.Equal((model, release, "drop"), (plan.Model.ToString(), plan.Version?.ToString(), plan.Container));
        Assert.Equal([(path, blob)], plan.Files);
        Assert.Null(plan.Manifest);
    }

    [Fact]
    public void Of_Folder_ManifestComesLastAndHiddenFilesStay()
    {
        using var folder = new Folder("tiny");
        folder.Put("slmops.json", """{ "name": "named", "version": "3.1", /* comments are fine */ }""");
        folder.Put("model.onnx");
        folder.Put("zz/weights.bin");
        folder.Put(".git/config");
        folder.Put(".DS_Store");

        var plan = PushFiles.Of(folder.Path, null, null);

        Assert.Equal(("named", "3.1", "models", null), (plan.Model, plan.Version, plan.Container, plan.Manifest));
        Assert.Equal(["named/3.1/model.onnx", "named/3.1/zz/weights.bin", "named/3.1/slmops.json"], plan.Files.Select(file => file.Blob));
        Assert.All(plan.Files, file => Assert.True(File.Exists(file.Path)));
    }

    [Fact]
    public void Of_FolderWithoutManifest_GetsAnEmptyOne()
    {
        using var folder = new Folder("Tiny-Model");
        folder.Put("model.onnx");

        var plan = PushFiles.Of(folder.Path, null, null);

        Assert.Equal<(ModelName, ModelVersion?, string?)>(("tiny-model", "1.0.0", "{}"), (plan.Model, plan.Version, plan.Manifest));
        Assert.Equal(("", "tiny-model/1.0.0/slmops.json"), plan.Files[^1]);
    }

    [Fact]
    public void Of_FolderThatAdaptsAModel_NeedsNoGraph()
    {
        using var folder = new Folder("phi-lab");
        folder.Put("slmops.json", """{ "adapts": { "model": "phi" } }""");
        folder.Put("adapters/a.onnx_adapter");

        var plan = PushFiles.Of(folder.Path, null, null);

        Assert.Equal(["phi-lab/1.0.0/adapters/a.onnx_adapter", "phi-lab/1.0.0/slmops.json"], plan.Files.Select(file => file.Blob));
    }

    [Fact]
    public void Of_FolderWithNameGiven_OptionWins()
    {
        using var folder = new Folder();
        folder.Put("model.onnx");
        folder.Put("slmops.json", """{ "name": "named", "version": "3.1" }""");

        var plan = PushFiles.Of(folder.Path, "mine", "9");

        Assert.Equal<(ModelName, ModelVersion?)>(("mine", "9"), (plan.Model, plan.Version));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{ "name": 3 }""")]
    public void Of_FolderWithABrokenManifest_IsStillUploaded(string manifest)
    {
        using var folder = new Folder("tiny");
        folder.Put("model.onnx");
        folder.Put("slmops.json", manifest);

        Assert.Equal("tiny", PushFiles.Of(folder.Path, null, null).Model);
    }

    [Theory]
    [InlineData("a b", null, "cannot be a model name")]
    [InlineData("../up", null, "cannot be a model name")]
    [InlineData("ok", "v 1", "cannot be a version")]
    [InlineData("ok", "", "cannot be a version")]
    public void Of_UnsafeName_IsBadUsage(string name, string? version, string message)
    {
        using var folder = new Folder();
        var path = folder.Put("model.onnx");

        var refused = Assert.Throws<CliException>(() => PushFiles.Of(path, name, version));

        Assert.Equal(ExitCode.Usage, refused.Code);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_FolderWithoutModel_IsBadUsage()
    {
        using var folder = new Folder();
        folder.Put("slmops.json", "{}");

        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => PushFiles.Of(folder.Path, null, null)).Code);
    }
}
