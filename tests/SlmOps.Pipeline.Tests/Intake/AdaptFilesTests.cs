using System.Text;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class AdaptFilesTests : IDisposable
{
    private static readonly byte[] Adapter = [0, 0, 0, 0, .. "TORT"u8, 1, 2, 3];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sort_EachKind_HasItsPartInTheOrderOfPaths()
    {
        var (adapters, patches, problems) = Sort(
            ("adapters/b.onnx_adapter", Adapter),
            ("adapters/a/x.onnx_adapter", Adapter),
            ("genai_config.json.patch", "{\"search\":{\"top_k\":3}}"u8.ToArray()),
            ("README.md", "text"u8.ToArray()),
            ("LICENSE", "text"u8.ToArray()));

        Assert.Empty(problems);
        Assert.Equal(["adapters/a/x.onnx_adapter", "adapters/b.onnx_adapter"], adapters);
        Assert.Equal(["genai_config.json.patch"], patches);
    }

    [Theory]
    [InlineData("a.onnx_adapter", "adapter-misplaced")]
    [InlineData("other/a.onnx_adapter", "adapter-misplaced")]
    [InlineData("adapters/local/a.onnx_adapter", "adapter-misplaced")]
    [InlineData("adapters/LOCAL/a.onnx_adapter", "adapter-misplaced")]
    [InlineData("model.onnx", "file-unexpected")]
    [InlineData("config.json", "file-unexpected")]
    [InlineData("adapters/smoke.json", "file-unexpected")]
    [InlineData(".json.patch", "file-unexpected")]
    public void Sort_FileWithoutAPart_IsRefused(string path, string code) =>
        Assert.Equal(code, Assert.Single(Sort((path, Adapter)).Problems).Code);

    [Theory]
    [InlineData("")]
    [InlineData("0000TOR")]
    [InlineData("TORT0000")]
    [InlineData("ONNXmodel")]
    public void Sort_AdapterThatIsNone_IsRefused(string content) =>
        Assert.Equal("adapter-invalid", Assert.Single(Sort(("adapters/a.onnx_adapter", Encoding.ASCII.GetBytes(content))).Problems).Code);

    [Theory]
    [InlineData("[1]", "not-json")]
    [InlineData("""{"model":{"type":"x"}}""", "key-not-allowed")]
    [InlineData("""{"temperature":1,"temperature":2}""", "not-json")]
    public void Sort_PatchThatMayNotBe_IsRefused(string patch, string reason)
    {
        var problem = Assert.Single(Sort(("config.json.patch", Encoding.UTF8.GetBytes(patch))).Problems);

        Assert.Equal("patch-invalid", problem.Code);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sort_TooLarge_IsRefusedUnread()
    {
        StoredFile[] files =
        [
            new("adapters/a.onnx_adapter", Digest.Of([]), AdaptFiles.MaxAdapterBytes + 1),
            new("c.json.patch", Digest.Of([]), (1 << 20) + 1),
        ];

        Assert.Equal(
            ["adapter-too-large", "patch-invalid"],
            AdaptFiles.Sort(files, false, _folder.Root).Problems.Select(problem => problem.Code));
    }

    [Fact]
    public void Sort_NothingAtAll_IsRefusedUnlessThereIsRoomForALocalLayer()
    {
        StoredFile[] files = [new("slmops.json", Digest.Of([]), 2)];

        Assert.Equal("adaptation-empty", Assert.Single(AdaptFiles.Sort(files, false, _folder.Root).Problems).Code);
        Assert.Empty(AdaptFiles.Sort(files, true, _folder.Root).Problems);
    }

    [Fact]
    public void Sort_OnlyTexts_IsRefusedToo() =>
        Assert.Equal("adaptation-empty", Assert.Single(Sort(("README.md", "x"u8.ToArray())).Problems).Code);

    [Fact]
    public void Sort_TooMany_IsRefused()
    {
        var many = Enumerable
            .Range(0, AdaptFiles.MaxAdapters + 1)
            .Select(number => ($"adapters/{number:D2}.onnx_adapter", Adapter))
            .ToArray();

        Assert.Equal("too-many-files", Assert.Single(Sort(many).Problems).Code);
    }

    private (IReadOnlyList<string> Adapters, IReadOnlyList<string> Patches, IReadOnlyList<Problem> Problems) Sort(
        params (string Path, byte[] Content)[] files)
    {
        var stored = new List<StoredFile> { new("slmops.json", Digest.Of([]), 2) };
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder.Root, path))!);
            _folder.With(path, content);
            stored.Add(new(path, Digest.Of(content), content.Length));
        }

        return AdaptFiles.Sort(stored, false, _folder.Root);
    }
}
