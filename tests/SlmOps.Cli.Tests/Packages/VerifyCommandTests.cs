using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli.Tests.Packages;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Layout => Path.Combine(_folder.Path, "layout");

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Verify_NothingButTheRelease_SaysThatEverythingHolds()
    {
        await LayoutAsync();

        var (code, _, error) = await VerifyAsync("--strict");

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("Everything holds.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_SomethingBesideTheRelease_SaysWhatItDidNotVouchFor()
    {
        await LayoutAsync();
        await File.WriteAllTextAsync(Path.Combine(Layout, "install.sh"), "rm -rf /", Cancelled);

        var (code, _, error) = await VerifyAsync();
        var (strict, output, _) = await VerifyAsync("--strict", "--json");

        Assert.Equal((ExitCode.Done, ExitCode.Failed), (code, strict));
        Assert.DoesNotContain("Everything holds.", error, StringComparison.Ordinal);
        Assert.Contains("install.sh", error, StringComparison.Ordinal);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.False(json.GetProperty("accepted").GetBoolean());
        Assert.True(json.GetProperty("releases")[0].GetProperty("accepted").GetBoolean());
        Assert.Equal("install.sh", json.GetProperty("beside")[0].GetProperty("name").GetString());
        Assert.NotEqual(0, json.GetProperty("layout").GetArrayLength());
    }

    [Fact]
    public async Task Verify_ChangedByte_IsRefused()
    {
        await LayoutAsync();
        var path = Directory.GetFiles(Path.Combine(Layout, "blobs", "sha256")).First(file => new FileInfo(file).Length == 5000);
        await File.AppendAllTextAsync(path, "x", Cancelled);

        var (code, _, error) = await VerifyAsync();

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("Refused.", error, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> VerifyAsync(params string[] options) =>
        Run.Async(["verify", Layout, "--key", _folder.Put("release.pub", _key.PublicKey.Pem), .. options]);

    private async Task LayoutAsync()
    {
        var source = Directory.CreateDirectory(Path.Combine(_folder.Path, "files")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(source, "weights.bin"), new byte[5000], Cancelled);
        var store = new FolderBlobStore(Layout);
        var offer = await VariantPackager.PackAsync(
            source,
            new()
            {
                Model = "m",
                Version = "1",
                Variant = "int8",
                Recipe = "int8",
                CreatedAt = DateTimeOffset.UnixEpoch,
                Needs = new(1, "1.20.0", []),
                Figures = new(null, null, null, null, null, null, null, null),
                Source = Digest.Of("s"u8),
            },
            store,
            Cancelled);
        var release = await ReleasePackager.WriteAsync("m", "1", DateTimeOffset.UnixEpoch, [offer], store, _key, Cancelled);
        await LayoutWriter.WriteAsync(release, store, Layout, Cancelled);
    }
}
