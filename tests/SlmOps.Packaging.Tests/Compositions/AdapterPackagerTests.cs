using System.Text;
using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Compositions;

public sealed class AdapterPackagerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PackAsync_Adapter_NamesItsBaseAndFitsAComposition()
    {
        using var adapter = new TemporaryFolder().With("adapters/site.onnx_adapter", "weights");
        var store = new FolderBlobStore(_folder.Root);

        var (manifest, files) = await AdapterPackager.PackAsync(
            adapter.Root,
            Samples.Description("site-a"),
            Digest.Of("base"u8),
            store,
            Stop);

        var text = Encoding.UTF8.GetString(await store.ReadAsync(manifest.Digest, Limits.ManifestBytes, Stop));
        Assert.Contains($"\"dev.slmops.base.digest\":\"{Digest.Of("base"u8)}\"", text, StringComparison.Ordinal);
        Assert.Equal("site-a", ReleaseReader.ReadManifest(Encoding.UTF8.GetBytes(text)).Variant);
        var file = Assert.Single(files);
        var composition = new Composition(Digest.Of("base"u8), [new CompositionLayer.Adapter(file.Path, new(file.Digest, file.Size))]);
        Assert.Equal(composition.Identity, Composition.Read(composition.Write()).Identity);
    }
}
