using System.Text;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Release;

public sealed class VariantPackagerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _store;

    public VariantPackagerTests() => _store = new(_folder.Root);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PackAsync_Folder_StoresEveryFileAndAManifestThatNamesThem()
    {
        using var model = Samples.ModelFolder();

        var offer = await VariantPackager.PackAsync(model.Root, Samples.Description(), _store, Stop);

        var manifest = ReleaseReader.ReadManifest(await _store.ReadAsync(offer.Manifest, Limits.ManifestBytes, Stop));
        Assert.Equal(
            ["LICENSE", "model.onnx", "tokenizer.json", "weights/L00.bin", "weights/L01.bin"],
            manifest.Files.Select(file => file.Path));
        Assert.Equal(10_010, offer.Bytes);
        Assert.Equal(offer.Bytes, manifest.Bytes);
        foreach (var file in manifest.Files)
        {
            Assert.Equal(File.ReadAllBytes(model[file.Path]), File.ReadAllBytes(_store.PathOf(file.Digest)));
        }
    }

    [Fact]
    public async Task PackAsync_OtherFolderTimeAndOrder_GivesTheSameManifest()
    {
        using var first = Samples.ModelFolder();
        using var second = new TemporaryFolder();
        foreach (var path in Directory.GetFiles(first.Root, "*", SearchOption.AllDirectories).Reverse())
        {
            second.With(Path.GetRelativePath(first.Root, path), File.ReadAllBytes(path));
        }

        var one = await VariantPackager.PackAsync(first.Root, Samples.Description(), _store, Stop);
        var two = await VariantPackager.PackAsync(second.Root, Samples.Description(), new FolderBlobStore(_folder["other"]), Stop);

        Assert.Equal(one.Manifest, two.Manifest);
    }

    [Fact]
    public async Task PackAsync_Manifest_HasTheBytesOfTheFormat()
    {
        using var model = new TemporaryFolder().With("model.onnx", "graph");

        var offer = await VariantPackager.PackAsync(model.Root, Samples.Description(), _store, Stop);

        // Digests from: printf graph | sha256sum, and of the config below likewise.
        var config =
            """{"descriptor":{"createdAt":"2026-01-01T00:00:00Z","name":"pydocs-slm","version":"1.0.0","revision":"41cf6794ba4200b839c53531555f0f3998df4cbb01a4d5cb0b94e3ca5e23947d"},"config":{"architecture":"transformer","format":"onnx","paramSize":"0.002b"},"modelfs":{"type":"layers","diffIds":["sha256:GRAPH"]}}""".Replace(
                "GRAPH",
                GraphHex,
                StringComparison.Ordinal);
        var configHex = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(config)));
        var manifest =
            $$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.cncf.model.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.model.config.v1+json","digest":"sha256:{{{configHex}}}","size":{{{config.Length}}}},"layers":[{"mediaType":"application/vnd.cncf.model.weight.v1.raw","digest":"sha256:{{{GraphHex}}}","size":5,"annotations":{"org.cncf.model.file.mediatype.untested":"false","org.cncf.model.filepath":"model.onnx","org.opencontainers.image.title":"model.onnx"}}],"annotations":{"dev.slmops.model":"pydocs-slm","dev.slmops.quant.recipe":"int4-b32-sym","dev.slmops.source":"sha256:41cf6794ba4200b839c53531555f0f3998df4cbb01a4d5cb0b94e3ca5e23947d","dev.slmops.variant":"int4","org.opencontainers.image.version":"1.0.0"}}""";
        Assert.Equal(manifest, Encoding.UTF8.GetString(await _store.ReadAsync(offer.Manifest, Limits.ManifestBytes, Stop)));
    }

    private const string GraphHex = "eef93e1d14482804277fca0172464032d1a4fdbcc338524059fa1e861454ad4d";

    [Fact]
    public async Task PackAsync_Link_IsRefusedBeforeAnythingIsStored()
    {
        using var model = Samples.ModelFolder();
        File.CreateSymbolicLink(model["weights/L02.bin"], "/etc/hostname");

        Assert.Equal("link", (await RefusalAsync(model)).Code);
        Assert.Empty(Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("a:b.bin", "unsafe-path")]
    [InlineData("läuft.bin", "unsafe-path")]
    [InlineData("MODEL.onnx", "duplicate-path")]
    public async Task PackAsync_BadName_IsRefused(string path, string code)
    {
        using var model = Samples.ModelFolder().With(path, "x");

        Assert.Equal(code, (await RefusalAsync(model)).Code);
    }

    [Fact]
    public async Task PackAsync_EmptyFolder_IsRefused()
    {
        using var model = new TemporaryFolder();

        Assert.Equal("file-count", (await RefusalAsync(model)).Code);
    }

    [Fact]
    public async Task PackAsync_TextThatOthersWouldEscape_IsRefused()
    {
        using var model = Samples.ModelFolder();

        await Assert.ThrowsAsync<ArgumentException>(() =>
            VariantPackager.PackAsync(model.Root, Samples.Description() with { Recipe = "a<b" }, _store, Stop));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            VariantPackager.PackAsync(
                model.Root,
                Samples.Description() with
                {
                    Figures = Samples.Figures with { Kl = double.NaN },
                },
                _store,
                Stop));
    }

    private async Task<PackageFormatException> RefusalAsync(TemporaryFolder model) => await Assert.ThrowsAsync<PackageFormatException>(() =>
        VariantPackager.PackAsync(model.Root, Samples.Description(), _store, Stop));
}
