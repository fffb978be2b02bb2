using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tests.Outside;

/// <summary>Verdicts of skopeo on our layouts: it must carry them without changing a byte.</summary>
public sealed class SkopeoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Skopeo_CopyOfARelease_KeepsTheIndexDigest()
    {
        var release = await LayoutAsync();

        var (code, output) = await CopyAsync($"oci:{_folder["layout"]}:pydocs-slm-1.0.0", $"oci:{_folder["copy"]}:pydocs-slm-1.0.0");

        Assert.True(code == 0, output);
        Assert.Contains(release.Digest.ToString(), await File.ReadAllTextAsync(_folder["copy/index.json"], Stop), StringComparison.Ordinal);
        Assert.True(File.Exists(new FolderBlobStore(_folder["copy"]).PathOf(release.Digest)));
    }

    [Fact]
    public async Task Skopeo_CopyOfSignaturesAndArchive_Works()
    {
        var release = await LayoutAsync();
        await OciArchive.WriteAsync(_folder["layout"], _folder["release.tar"], Stop);

        var signatures = await CopyAsync($"oci:{_folder["layout"]}:sha256-{release.Digest.Hex}", $"oci:{_folder["signatures"]}:s");
        var archive = await CopyAsync($"oci-archive:{_folder["release.tar"]}:pydocs-slm-1.0.0", $"oci:{_folder["unpacked"]}:r");

        Assert.True(signatures.Code == 0, signatures.Output);
        Assert.True(archive.Code == 0, archive.Output);
        Assert.True(File.Exists(new FolderBlobStore(_folder["unpacked"]).PathOf(release.Digest)));
    }

    [Fact]
    public async Task Skopeo_ChangedBlob_IsRefused()
    {
        var release = await LayoutAsync();
        var store = new FolderBlobStore(_folder["layout"]);
        var contents = await ReleaseContents.ReadAsync(release, store, Stop);
        var weights = contents.Manifests[0].Files.Single(file => file.Path == "weights/L00.bin");
        var bytes = await File.ReadAllBytesAsync(store.PathOf(weights.Digest), Stop);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(store.PathOf(weights.Digest), bytes, Stop);

        var (code, output) = await CopyAsync($"oci:{_folder["layout"]}:pydocs-slm-1.0.0", $"oci:{_folder["copy"]}:r");

        Assert.NotEqual(0, code);
        Assert.Contains("digest", output, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<(int Code, string Output)> CopyAsync(string from, string to)
    {
        Tool.Require("skopeo");
        return await Tool.RunAsync("skopeo", "--insecure-policy", "copy", "--all", "--preserve-digests", from, to);
    }

    private async Task<Contracts.ReleaseRef> LayoutAsync()
    {
        var store = new FolderBlobStore(_folder["store"]);
        var release = await Samples.AttestedReleaseAsync(store, _key);
        await LayoutWriter.WriteAsync(release, store, _folder["layout"], Stop);
        return release;
    }
}
