using SlmOps.Cli.Models;

namespace SlmOps.Cli.Tests.Models;

public sealed class ModelArgumentsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("slmops-models-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Add(string path)
    {
        var file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "");
        return file;
    }

    [Theory]
    [InlineData("m.onnx")]
    [InlineData("onnx/model.onnx")]
    public void Model_FolderWithOneModel_IsThatModel(string path)
    {
        Add("config.json");
        Assert.Equal(Add(path), ModelArguments.Model(_folder.FullName));
    }

    [Fact]
    public void Model_FolderWithSeveral_IsTheUsualNameOrAQuestion()
    {
        Add("a.onnx");
        Add("b/c.onnx");
        Assert.Contains(
            "a.onnx, b/c.onnx",
            Assert.Throws<CliException>(() => ModelArguments.Model(_folder.FullName)).Message,
            StringComparison.Ordinal);
        Assert.Equal(Add("model.onnx"), ModelArguments.Model(_folder.FullName));
    }

    [Fact]
    public void Model_NothingThere_SaysSo()
    {
        Assert.Contains(
            "no .onnx file",
            Assert.Throws<CliException>(() => ModelArguments.Model(_folder.FullName)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "no file",
            Assert.Throws<CliException>(() => ModelArguments.Model(Path.Combine(_folder.FullName, "x.onnx"))).Message,
            StringComparison.Ordinal);
    }
}
