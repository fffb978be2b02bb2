using SlmOps.Quantizer.Inspection;

namespace SlmOps.Quantizer.Tests.Inspection;

/// <summary>A model and its data behind the links of a download cache.</summary>
public sealed class CacheLinksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>snapshots/REVISION holds links to ../../blobs.</summary>
    private string Layout(string blobs)
    {
        var store = Directory.CreateDirectory(_folder.File(blobs)).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Cases", "download-cache", "blobs")))
        {
            File.Copy(file, Path.Combine(store, Path.GetFileName(file)));
        }

        var snapshot = Directory.CreateDirectory(_folder.File("snapshots/abc")).FullName;
        File.CreateSymbolicLink(Path.Combine(snapshot, "model.onnx"), $"../../{blobs}/aa");
        File.CreateSymbolicLink(Path.Combine(snapshot, "model.onnx_data"), $"../../{blobs}/bb");
        return Path.Combine(snapshot, "model.onnx");
    }

    [Fact]
    public void Inspect_LinksIntoBlobs_AreFollowedWhereTheCallerAllowsIt()
    {
        var model = Layout("blobs");
        Assert.Equal("external-data-symlink", Assert.Single(ModelInspector.Inspect(model, new(), Token).Problems).Code);

        var followed = ModelInspector.Inspect(model, new() { FollowCacheLinks = true }, Token);
        Assert.Empty(followed.Problems);
        Assert.Equal(["model.onnx_data"], followed.Facts!.ExternalFiles);
        var report = ModelQuantizer.Quantize(
            model, _folder.File("out.onnx"), new() { Recipe = "int8", Limits = new() { FollowCacheLinks = true } }, null, Token);
        Assert.Contains(report.Tensors, tensor => tensor.Bits == 8);
    }

    [Fact]
    public void Inspect_LinksElsewhere_AreRefused() =>
        Assert.Equal(
            "external-data-symlink",
            Assert.Single(ModelInspector.Inspect(Layout("private"), new() { FollowCacheLinks = true }, Token).Problems).Code);

    [Fact]
    public void Leads_RingOfLinks_IsFalse()
    {
        File.CreateSymbolicLink(_folder.File("a"), "b");
        File.CreateSymbolicLink(_folder.File("b"), "a");
        Assert.False(CacheLinks.Leads(new FileInfo(_folder.File("a")), _folder.Path));
    }
}
