using System.Text;
using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Tests.Layout;

public sealed class LayoutVerifierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task VerifyAsync_WhatTheWriterWrites_HoldsAndLeavesNothingOut()
    {
        await LayoutAsync();

        var verdict = await VerifyAsync();

        Assert.True(verdict.IsAccepted);
        Assert.Empty(verdict.Beside);
        // The layout's file, the release and its variant by name, and the documents behind both tags of referrers.
        Assert.Equal(
            ["oci-layout", "pydocs-slm-1.0.0", "pydocs-slm-1.0.0-int4"],
            verdict.Checks.Select(check => check.Name).Where(name => !name.StartsWith("sha256-", StringComparison.Ordinal)).Order());
        Assert.Equal(2, verdict.Checks.Select(check => check.Name).Where(name => name.StartsWith("sha256-", StringComparison.Ordinal)).Distinct().Count());
    }

    [Fact]
    public async Task VerifyAsync_DeltaOfTheRelease_IsChecked()
    {
        var delta = await DeltaLayoutAsync();

        Assert.Empty((await VerifyAsync()).Beside);
        var layer = DeltaManifest.Read(await File.ReadAllBytesAsync(PathOf(delta.Delta.Digest), Stop)).Layers[0].Delta.Digest;
        await File.AppendAllTextAsync(PathOf(layer), "x", Stop);
        var verdict = await VerifyAsync();

        Assert.False(verdict.IsAccepted);
        Assert.StartsWith("delta-", Assert.Single(verdict.Checks, check => check.Outcome == CheckOutcome.Failed).Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_DeltaToNoVariantOfIt_IsNamed()
    {
        var delta = await DeltaLayoutAsync();
        Rename($"\"dev.slmops.delta.to\":\"{delta.To}\"", $"\"dev.slmops.delta.to\":\"{Digest.Of("x"u8)}\"");

        var verdict = await VerifyAsync();

        Assert.True(verdict.IsAccepted);
        Assert.Contains(verdict.Beside, beside => beside.Name.StartsWith("delta-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("latest", null, "was not signed")] // a tag that anybody may set, on what the release has
    [InlineData("pydocs-slm-2.0.0", "index", "nobody signed it")]
    [InlineData("pydocs-slm-1.0.0-fp32", "manifest", "nobody signed it")]
    [InlineData("sha256-0000000000000000000000000000000000000000000000000000000000000000", "index", "nobody signed it")]
    public async Task VerifyAsync_NameBesideTheRelease_IsNamed(string name, string? content, string reason)
    {
        var release = await LayoutAsync();
        var blob = content is null ? release.Digest : Digest.Of(Encoding.UTF8.GetBytes(content));
        await File.WriteAllTextAsync(PathOf(Digest.Of("index"u8)), "index", Stop);
        await File.WriteAllTextAsync(PathOf(Digest.Of("manifest"u8)), "manifest", Stop);
        var type = content == "manifest" ? "manifest" : "index";
        Rename(
            "\"manifests\":[",
            $$$"""
            "manifests":[{"mediaType":"application/vnd.oci.image.{{{type}}}.v1+json","digest":"{{{blob}}}","size":5,
            "annotations":{"org.opencontainers.image.ref.name":"{{{name}}}"}},
            """);

        var verdict = await VerifyAsync();

        Assert.True(verdict.IsAccepted);
        Assert.Contains(reason, verdict.Beside.Single(beside => beside.Name == name).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_VariantsNameOnAnotherBlob_IsRefused()
    {
        await LayoutAsync();
        var entries = LayoutIndex.Read(await File.ReadAllBytesAsync(_folder["layout/index.json"], Stop));
        var wrong = entries.Select(entry => entry.Name.EndsWith("-int4", StringComparison.Ordinal)
            ? entry with { Blob = entries.First(one => one.Name.StartsWith("sha256-", StringComparison.Ordinal)).Blob }
            : entry);
        await File.WriteAllBytesAsync(_folder["layout/index.json"], LayoutIndex.Write(wrong), Stop);

        var verdict = await VerifyAsync();

        Assert.False(verdict.IsAccepted);
        Assert.Equal("pydocs-slm-1.0.0-int4", Assert.Single(verdict.Checks, check => check.Outcome == CheckOutcome.Failed).Name);
    }

    [Fact]
    public async Task VerifyAsync_OneNameTwice_IsRefused()
    {
        await LayoutAsync();
        var entries = LayoutIndex.Read(await File.ReadAllBytesAsync(_folder["layout/index.json"], Stop));
        await File.WriteAllBytesAsync(_folder["layout/index.json"], LayoutIndex.Write([.. entries, entries[0]]), Stop);

        Assert.False((await VerifyAsync()).IsAccepted);
    }

    [Fact]
    public async Task VerifyAsync_FilesThatNothingNeeds_AreNamed()
    {
        await LayoutAsync();
        _folder.With("layout/README.txt", "x").With("layout/blobs/sha256/stray", "x").With("layout/blobs/md5/x", "x");
        Directory.CreateDirectory(_folder["layout/blobs/sha256/folder"]);

        var verdict = await VerifyAsync();

        Assert.True(verdict.IsAccepted);
        Assert.Equal(
            ["README.txt", "blobs/md5/x", "blobs/sha256/folder", "blobs/sha256/stray"],
            verdict.Beside.Select(beside => beside.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("{\"imageLayoutVersion\":\"1.0.0\"}\n", true)]
    [InlineData("{\"imageLayoutVersion\":\"2.0.0\"}", false)]
    [InlineData("{}", false)]
    [InlineData("", false)]
    public async Task VerifyAsync_LayoutFile_IsCheckedOrSaidToBeMissing(string? text, bool accepted)
    {
        await LayoutAsync();
        File.Delete(_folder["layout/oci-layout"]);
        if (text is not null)
        {
            _folder.With("layout/oci-layout", text);
        }

        var verdict = await VerifyAsync();

        Assert.Equal(accepted, verdict.IsAccepted);
        Assert.Equal(text is null, verdict.Beside.Any(beside => beside.Name == "oci-layout"));
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("pipe")]
    [InlineData("loop")]
    [InlineData("gone")]
    public async Task VerifyAsync_NoFileInABlobsPlace_IsAFinding(string kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such pipes in folders.");
        var release = await LayoutAsync();
        var contents = await ReleaseContents.ReadAsync(release, new FolderBlobStore(_folder["layout"]), Stop);
        foreach (var blob in contents.Blobs)
        {
            var path = PathOf(blob.Digest);
            File.Move(path, path + ".kept");
            Place(kind, path);

            var verdict = await VerifyAsync();

            Assert.False(verdict.IsAccepted);
            Assert.Contains(verdict.Releases[0].Verdict.Checks, check => check.Outcome == CheckOutcome.Failed);
            Take(path);
            File.Move(path + ".kept", path);
        }
    }

    private static void Place(string kind, string path)
    {
        switch (kind)
        {
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "pipe":
                Unusual.Pipe(path);
                break;
            case "loop":
                File.CreateSymbolicLink(path, path);
                break;
        }
    }

    private static void Take(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path);
        }
        else
        {
            File.Delete(path);
        }
    }

    private string PathOf(Digest digest) => new FolderBlobStore(_folder["layout"]).PathOf(digest);

    private void Rename(string old, string wanted)
    {
        var path = _folder["layout/index.json"];
        var text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, wanted, StringComparison.Ordinal));
    }

    private async Task<LayoutVerdict> VerifyAsync() => await LayoutVerifier.VerifyAsync(
        LayoutFiles.Read(_folder["layout"]), new FolderBlobStore(_folder["layout"]), _key.PublicKey, Stop);

    private async Task<ReleaseRef> LayoutAsync()
    {
        var store = new FolderBlobStore(_folder["store"]);
        var release = await Samples.AttestedReleaseAsync(store, _key);
        await LayoutWriter.WriteAsync(release, store, _folder["layout"], Stop);
        return release;
    }

    /// <summary>The same with a delta from a release that differs a little.</summary>
    private async Task<DeltaOffer> DeltaLayoutAsync()
    {
        var release = await LayoutAsync();
        var store = new FolderBlobStore(_folder["store"]);
        using var folder = Samples.ModelFolder(1);
        var weights = await File.ReadAllBytesAsync(folder["weights/L00.bin"], Stop);
        weights[7] ^= 1;
        folder.With("weights/L00.bin", weights);
        var from = await VariantPackager.PackAsync(folder.Root, Samples.Description() with { Version = "0.9.0" }, store, Stop);
        var to = ReleaseReader.ReadIndex(await store.ReadAsync(release.Digest, Limits.IndexBytes, Stop)).Variants[0].Manifest;
        var delta = (await DeltaPackager.WriteAsync(from.Manifest, to, store, Stop))!;
        await LayoutWriter.AddDeltaAsync(delta, store, _folder["layout"], Stop);
        return delta;
    }
}
