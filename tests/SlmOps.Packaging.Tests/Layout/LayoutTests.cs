using SlmOps.Contracts;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Tests.Layout;

public sealed class LayoutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _store;
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public LayoutTests() => _store = new(_folder["store"]);

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task WriteAsync_Layout_IsFoundVerifiedAndImported()
    {
        var release = await Samples.AttestedReleaseAsync(_store, _key);

        var contents = await LayoutWriter.WriteAsync(release, _store, _folder["layout"], Stop);

        Assert.Equal([release], LayoutReader.ReadReleases(_folder["layout"]));
        var verdict = await PackageVerifier.VerifyAsync(release, new FolderBlobStore(_folder["layout"]), _key.PublicKey, Stop);
        Assert.True(verdict.IsAccepted, verdict.Refusal?.Reason);
        // 6 of the index, 4 of the manifest, 5 files and their config, 3 attestations: equal blobs are read once.
        Assert.Equal(
            ["int4 model-signature", "int4 test-result", "int4 bill-of-materials"],
            verdict.Checks.TakeLast(3).Select(check => check.Name));
        await LayoutReader.ImportAsync(release, _folder["layout"], new FolderBlobStore(_folder["imported"]), Stop);
        Assert.Equal(
            contents.Blobs.Select(blob => blob.Digest.Hex).Order(),
            Directory.GetFiles(_folder["imported/blobs/sha256"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task WriteAsync_SecondRelease_KeepsTheFirst()
    {
        var first = await Samples.AttestedReleaseAsync(_store, _key);
        using var model = Samples.ModelFolder(3);
        var offer = await VariantPackager.PackAsync(model.Root, Samples.Description() with { Version = "1.0.1" }, _store, Stop);
        var second = await ReleasePackager.WriteAsync("pydocs-slm", "1.0.1", Samples.Created, [offer], _store, _key, Stop);

        await LayoutWriter.WriteAsync(first, _store, _folder["layout"], Stop);
        await LayoutWriter.WriteAsync(second, _store, _folder["layout"], Stop);
        await LayoutWriter.WriteAsync(second, _store, _folder["layout"], Stop);

        Assert.Equal([first, second], LayoutReader.ReadReleases(_folder["layout"]));
    }

    [Fact]
    public async Task OciArchive_WriteAndRead_GivesTheLayoutAndTheSameFileEveryTime()
    {
        var release = await Samples.AttestedReleaseAsync(_store, _key);
        await LayoutWriter.WriteAsync(release, _store, _folder["layout"], Stop);

        await OciArchive.WriteAsync(_folder["layout"], _folder["one.tar"], Stop);
        File.SetLastWriteTimeUtc(_folder["layout/index.json"], DateTime.UnixEpoch.AddDays(1));
        await OciArchive.WriteAsync(_folder["layout"], _folder["two.tar"], Stop);
        await OciArchive.ReadAsync(_folder["one.tar"], _folder["unpacked"], Stop);

        Assert.Equal(File.ReadAllBytes(_folder["one.tar"]), File.ReadAllBytes(_folder["two.tar"]));
        Assert.Equal([release], LayoutReader.ReadReleases(_folder["unpacked"]));
        Assert.True(
            (await PackageVerifier.VerifyAsync(release, new FolderBlobStore(_folder["unpacked"]), _key.PublicKey, Stop)).IsAccepted);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("blobs/sha256/../../evil")]
    [InlineData("/evil")]
    [InlineData("extra.txt")]
    public async Task OciArchive_ForeignEntry_IsRefused(string name)
    {
        await using (var tar = new System.Formats.Tar.TarWriter(File.Create(_folder["evil.tar"])))
        {
            await tar.WriteEntryAsync(
                new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream([1]),
                },
                Stop);
        }

        var exception = await Assert.ThrowsAsync<PackageFormatException>(() =>
            OciArchive.ReadAsync(_folder["evil.tar"], _folder["a/b"], Stop));

        Assert.Equal("foreign-entry", exception.Code);
        Assert.False(File.Exists(_folder["evil"]) || File.Exists(_folder["a/evil"]));
    }

    [Fact]
    public async Task VerifyAsync_MissingAndChangedFiles_AreAllNamed()
    {
        var release = await Samples.AttestedReleaseAsync(_store, _key);
        var contents = await ReleaseContents.ReadAsync(release, _store, Stop);
        PackageFile File(string path) => contents.Manifests[0].Files.Single(file => file.Path == path);
        System.IO.File.Delete(_store.PathOf(File("weights/L00.bin").Digest));
        await System.IO.File.AppendAllTextAsync(_store.PathOf(File("model.onnx").Digest), "x", Stop);

        var verdict = await PackageVerifier.VerifyAsync(release, _store, _key.PublicKey, Stop);

        Assert.Equal(
            ["int4 model.onnx", "int4 weights/L00.bin"],
            verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => check.Name));
    }

    // Who leaves a class out of the signed offer that the lab failed offers the variant to those devices.
    [Theory]
    [InlineData(ProcessorClass.X64V3, CheckOutcome.Passed)]
    [InlineData(null, CheckOutcome.Failed)]
    public async Task VerifyAsync_OfferThatSaysOtherThanTheLab_IsRefused(string? failed, CheckOutcome expected)
    {
        var release = await Samples.TriedReleaseAsync(_store, _key, failed is null ? [] : [failed]);

        var verdict = await PackageVerifier.VerifyAsync(release, _store, _key.PublicKey, Stop);

        Assert.Equal(expected, verdict.Checks.Single(check => check.Name == "int4 lab-result").Outcome);
        Assert.Equal(expected == CheckOutcome.Passed, verdict.IsAccepted);
    }

    [Fact]
    public async Task VerifyAsync_AttestationOfAnotherVariant_IsRefused()
    {
        using var model = Samples.ModelFolder();
        using var other = Samples.ModelFolder(2);
        var offer = await VariantPackager.PackAsync(model.Root, Samples.Description(), _store, Stop);
        var foreign = await VariantPackager.PackAsync(other.Root, Samples.Description(), _store, Stop);
        var attestations = await VariantAttestor.WriteAsync(foreign, Samples.Description(), Samples.Outcome, _store, _key, Stop);
        var release = await ReleasePackager.WriteAsync("pydocs-slm", "1.0.0", Samples.Created, [offer], attestations, _store, _key, Stop);

        var verdict = await PackageVerifier.VerifyAsync(release, _store, _key.PublicKey, Stop);

        Assert.Equal(
            ["int4 model-signature", "int4 test-result"],
            verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => check.Name));
    }
}
