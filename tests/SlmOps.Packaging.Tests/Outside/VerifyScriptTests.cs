using SlmOps.Packaging.Format;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Outside;

/// <summary>The script of the documentation, with a shell and openssl.</summary>
public sealed class VerifyScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task VerifyScript_GoodLayout_IsAccepted()
    {
        var release = await LayoutAsync();

        var (code, output) = await RunAsync();

        // Manifest, config, 5 files and 3 attestations.
        Assert.Equal((0, $"OK: {release.Digest}, 10 blobs"), (code, output));
    }

    [Fact]
    public async Task VerifyScript_ForeignKey_IsRefused()
    {
        await LayoutAsync();
        using var foreign = LocalSigningKey.CreateInMemory();
        _folder.With("key.pem", foreign.PublicKey.Pem);

        Refused(await RunAsync(), "not signed with this key");
    }

    [Fact]
    public async Task VerifyScript_ChangedOrMissingBlob_IsRefused()
    {
        var contents = await ReleaseContents.ReadAsync(await LayoutAsync(), new FolderBlobStore(_folder["layout"]), Stop);
        var path = new FolderBlobStore(_folder["layout"]).PathOf(contents.Manifests[0].Files[0].Digest);

        await File.AppendAllTextAsync(path, "x", Stop);
        Refused(await RunAsync(), "holds other bytes");

        File.Delete(path);
        Refused(await RunAsync(), "is missing");
    }

    [Fact]
    public async Task VerifyScript_BundleOfAnotherRelease_IsRefused()
    {
        var release = await LayoutAsync();
        var store = new FolderBlobStore(_folder["store"]);
        var (other, _) = await Samples.ReleaseAsync(store, _key);
        var bundle = await store.ReadAsync(other.Signature, Limits.BundleBytes, Stop);
        await new FolderBlobStore(_folder["layout"]).AddAsync(bundle, Stop);
        var index = await File.ReadAllTextAsync(_folder["layout/index.json"], Stop);
        _folder.With(
            "layout/index.json",
            index.Replace(release.Signature.ToString(), other.Signature.ToString(), StringComparison.Ordinal));

        Refused(await RunAsync(), "over another index");
    }

    private static void Refused((int Code, string Output) result, string words)
    {
        Assert.Equal(1, result.Code);
        Assert.Contains(words, result.Output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output)> RunAsync()
    {
        Tool.Require("openssl");
        return await Tool.RunAsync("sh", Path.Combine(RepositoryRoot.Path, "docs", "verify.sh"), _folder["layout"], _folder["key.pem"]);
    }

    private async Task<Contracts.ReleaseRef> LayoutAsync()
    {
        _folder.With("key.pem", _key.PublicKey.Pem);
        var store = new FolderBlobStore(_folder["store"]);
        var release = await Samples.AttestedReleaseAsync(store, _key);
        await LayoutWriter.WriteAsync(release, store, _folder["layout"], Stop);
        return release;
    }
}
