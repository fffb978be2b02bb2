using System.Text;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;

namespace SlmOps.Packaging.Tests.Release;

public sealed class ReleaseReaderTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const string Manifest =
        $$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.cncf.model.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.model.config.v1+json","digest":"sha256:{{{Hex}}}","size":9},"layers":[{"mediaType":"application/vnd.cncf.model.weight.v1.raw","digest":"sha256:{{{Hex}}}","size":0,"annotations":{"org.cncf.model.filepath":"model.onnx","org.opencontainers.image.title":"model.onnx"}}],"annotations":{"dev.slmops.model":"m","dev.slmops.quant.recipe":"r","dev.slmops.source":"sha256:{{{Hex}}}","dev.slmops.variant":"v","org.opencontainers.image.version":"1"}}""";

    private const string Index =
        $$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{{Hex}}}","size":9,"annotations":{"dev.slmops.bytes":"5","dev.slmops.ort.min":"1.22.0","dev.slmops.quant.recipe":"r","dev.slmops.ram.min":"100","dev.slmops.variant":"v"}}],"annotations":{"dev.slmops.model":"m","org.opencontainers.image.created":"2026-01-01T00:00:00Z","org.opencontainers.image.version":"1"}}""";

    [Fact]
    public void ReadManifest_Good_Reads() => Assert.Equal(("v", 1), (Read(Manifest).Variant, Read(Manifest).Files.Count));

    [Fact]
    public void ReadIndex_Good_Reads() =>
        Assert.Equal(100, ReleaseReader.ReadIndex(Encoding.UTF8.GetBytes(Index)).Variants[0].Needs.RamBytes);

    [Fact]
    public void Read_UnknownAnnotation_IsLetThrough() =>
        Assert.Equal(
            "v",
            Read(
                Manifest.Replace("\"dev.slmops.model\"", "\"dev.slmops.future\":\"1\",\"dev.slmops.model\"", StringComparison.Ordinal)
            ).Variant);

    [Theory]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":3", "out-of-range")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":2,\"schemaVersion\":2", "not-json")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":2,\"x\":1", "unknown-property")]
    [InlineData("image.manifest", "image.index", "wrong-value")]
    [InlineData("cncf.model.manifest", "cncf.model.other", "wrong-value")]
    [InlineData("\"size\":0", "\"size\":-1", "out-of-range")]
    [InlineData("\"size\":0", "\"size\":1e30", "out-of-range")]
    [InlineData("\"size\":0", "\"size\":9223372036854775807", "out-of-range")]
    [InlineData("\"sha256:e3", "\"sha512:e3", "bad-digest")]
    [InlineData("\"sha256:e3", "\"sha256:E3", "bad-digest")]
    [InlineData("model.onnx", "../model.onnx", "unsafe-path")]
    [InlineData("model.onnx", "/model.onnx", "unsafe-path")]
    [InlineData("model.onnx", "a\\\\model.onnx", "unsafe-path")]
    [InlineData("image.title\":\"model.onnx", "image.title\":\"other.onnx", "path-conflict")]
    [InlineData("weight.v1.raw", "doc.v1.raw", "wrong-value")]
    [InlineData("\"dev.slmops.variant\":\"v\"", "\"dev.slmops.variant\":\"V\"", "unsafe-name")]
    [InlineData("\"dev.slmops.variant\":\"v\",", "", "missing-property")]
    [InlineData("\"dev.slmops.variant\":\"v\"", "\"dev.slmops.variant\":1", "wrong-type")]
    [InlineData("]", "", "not-json")]
    public void ReadManifest_AnythingOdd_IsRefusedWithItsCode(string old, string replacement, string code) =>
        Assert.Equal(
            code,
            Assert.Throws<PackageFormatException>(() => Read(Manifest.Replace(old, replacement, StringComparison.Ordinal))).Code);

    [Theory]
    [InlineData("\"dev.slmops.ram.min\":\"100\"", "\"dev.slmops.ram.min\":\"-1\"", "out-of-range")]
    [InlineData("\"dev.slmops.ram.min\":\"100\"", "\"dev.slmops.ram.min\":\"1 \"", "out-of-range")]
    [InlineData("\"dev.slmops.ort.min\":\"1.22.0\"", "\"dev.slmops.ort.min\":\"new\"", "bad-version")]
    [InlineData("\"dev.slmops.bytes\"", "\"dev.slmops.figure.kl\":\"NaN\",\"dev.slmops.bytes\"", "out-of-range")]
    [InlineData("\"dev.slmops.bytes\"", "\"dev.slmops.lab.failed\":\"x86-64-v3,x86-64-v3\",\"dev.slmops.bytes\"", "bad-lab")]
    [InlineData("\"dev.slmops.bytes\"", "\"dev.slmops.lab.passed\":\"\",\"dev.slmops.bytes\"", "bad-lab")]
    [InlineData(
        "\"dev.slmops.bytes\"", "\"dev.slmops.lab.failed\":\"arm64\",\"dev.slmops.lab.passed\":\"arm64\",\"dev.slmops.bytes\"", "bad-lab")]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01 00:00", "bad-time")]
    [InlineData("\"size\":9", "\"size\":0", "out-of-range")]
    [InlineData("\"dev.slmops.bytes\":\"5\",", "", "missing-property")]
    public void ReadIndex_AnythingOdd_IsRefusedWithItsCode(string old, string replacement, string code) =>
        Assert.Equal(code, Assert.Throws<PackageFormatException>(() =>
            ReleaseReader.ReadIndex(Encoding.UTF8.GetBytes(Index.Replace(old, replacement, StringComparison.Ordinal)))).Code);

    [Fact]
    public void ReadManifest_TooLarge_IsRefusedBeforeParsing() =>
        Assert.Equal(
            "too-large",
            Assert.Throws<PackageFormatException>(() => ReleaseReader.ReadManifest(new byte[Limits.ManifestBytes + 1])).Code);

    [Fact]
    public void ReadManifest_FilesThatClash_AreRefused()
    {
        string Layer(string path) =>
            $$$"""{"mediaType":"application/vnd.cncf.model.weight.v1.raw","digest":"sha256:{{{Hex}}}","size":0,"annotations":{"org.cncf.model.filepath":"{{{path}}}","org.opencontainers.image.title":"{{{path}}}"}}""";
        string Code(params string[] paths)
        {
            var start = Manifest.IndexOf("[{", StringComparison.Ordinal);
            var end = Manifest.IndexOf("}]", StringComparison.Ordinal) + 2;
            var text = $"{Manifest[..start]}[{string.Join(',', paths.Select(Layer))}]{Manifest[end..]}";
            return Assert.Throws<PackageFormatException>(() => Read(text)).Code;
        }

        Assert.Equal("duplicate-path", Code("A.bin", "a.bin"));
        Assert.Equal("duplicate-path", Code("a.bin", "a.bin"));
        Assert.Equal("unsorted-paths", Code("b.bin", "a.bin"));
        Assert.Equal("path-conflict", Code("a.bin", "a.bin/b.bin"));
        Assert.Equal("path-conflict", Code("A.bin/b.bin", "a.bin"));
        Assert.Equal("file-count", Code());
    }

    private static VariantManifest Read(string text) => ReleaseReader.ReadManifest(Encoding.UTF8.GetBytes(text));
}
