using System.Diagnostics;
using SlmOps.Cli.Models;

namespace SlmOps.Cli.Tests.Models;

public sealed class FolderFilesTests : IDisposable
{
    private readonly Folder _folder = new("model");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_FilesAndLinksToFiles_AreThereInOrder()
    {
        var file = _folder.Put("b/model.onnx");
        _folder.Put(".cache/x");
        _folder.Put("b/.hidden");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "a.onnx"), file);

        Assert.Equal(["a.onnx", "b/model.onnx"], FolderFiles.Of(_folder.Path).Select(one => one.Relative));
    }

    [Fact]
    public void Of_LinkToAFolder_IsRefusedAndNotFollowed()
    {
        _folder.Put("model.onnx");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "again"), _folder.Path);

        var refused = Assert.Throws<CliException>(() => FolderFiles.Of(_folder.Path));

        Assert.Contains("'again' is a link to a folder", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("package", "--out", "/nowhere/layout", "--key", "/nowhere/key.pem")]
    [InlineData("push")]
    [InlineData("quantize", "/nowhere/out.onnx", "--recipe", "int8")]
    public async Task Command_PipeInTheFolder_IsAMessage(string command, params string[] more)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The pipes are those of Unix.");
        using (var made = Process.Start("mkfifo", [Path.Combine(_folder.Path, "model.onnx")]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string[] key = command == "package" ? ["--key", Path.Combine(_folder.Path, ".key.pem")] : [];
        var (code, _, error) = await Run.Async([command, _folder.Path, .. command == "package" ? more[..2] : more, .. key]);

        Assert.Contains("is a pipe", error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, code);
    }
}
