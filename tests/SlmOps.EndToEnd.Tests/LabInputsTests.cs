using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using SlmOps.Cli;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Everything that the lab takes a release from.</summary>
public sealed class LabInputsTests(SharedPlatform shared)
{
    private const string Model = "labelled";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lab_FolderLayoutArchiveAddressAndRelease_TriesTheSameVariants()
    {
        using var folder = new Folder();
        // By hand, nobody fills in what an upload's smoke test leaves open.
        var upload = Models.Decoder(Model, "1", 821, "int8").Without("smoke.json");
        var (source, layout, archive) = (folder.Of("upload"), folder.Of("layout"), folder.Of("release.tar"));
        Directory.CreateDirectory(source);
        foreach (var (path, bytes) in upload.Files)
        {
            await File.WriteAllBytesAsync(Path.Combine(source, path), bytes, Cancelled);
        }

        await DoneAsync("package", source, "--out", layout, "--name", Model, "--version", "1", "--key", folder.Of("key.pem"));
        await DoneAsync("export", layout, "--oci-archive", archive);
        await shared.Platform.UploadAsync(upload);
        await shared.Platform.UntilAsync(Model, "1", "released", status => !status.ReleaseDigest.IsEmpty);
        await using var server = await ServeAsync(layout);

        string[] text = ["--text", Path.Combine(source, "eval.txt")];
        var tried = await TriedAsync(source);
        Assert.Contains("int8", tried);
        Assert.Equal(tried, await TriedAsync(layout, text));
        Assert.Equal(tried, await TriedAsync(archive, text));
        Assert.Equal(tried, await TriedAsync(server.Urls.Single(), text));
        Assert.Equal(tried, await TriedAsync($"{Model}/1", [.. text, "--data", shared.Platform.DataFolder]));
    }

    [Theory]
    [InlineData("ftp://example.invalid/layout", ExitCode.Usage, "http")]
    [InlineData("http://127.0.0.1:1/", ExitCode.Failed, "127.0.0.1:1")]
    [InlineData("nothing-of-that-name", ExitCode.Usage, "is no file and no folder")]
    [InlineData("Odd Name/1", ExitCode.Usage, "is no file and no folder")]
    public async Task Lab_PlaceThatIsNone_IsRefusedWithWhatItTakes(string place, int code, string why)
    {
        var (ended, output, error) = await CliProcess.RunAsync("lab", place, "--processors", "native", "--json");

        Assert.Equal((code, ""), (ended, output));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lab_ReleaseThatIsNone_SaysSo()
    {
        var (code, _, error) = await CliProcess.RunAsync("lab", "nobody/9", "--processors", "native", "--data", shared.Platform.DataFolder);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("Nothing is known of nobody/9", error, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> TriedAsync(string place, params string[] more)
    {
        var output = await DoneAsync(["lab", place, "--processors", "native", "--tokens", "6", "--json", .. more]);
        using var document = JsonDocument.Parse(output);
        return
        [
            .. document.RootElement.GetProperty("rows").EnumerateArray().Select(row =>
            {
                Assert.Equal("passed", row.GetProperty("verdict").GetProperty("code").GetString());
                return row.GetProperty("variant").GetString()!;
            }),
        ];
    }

    private static async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, error) = await CliProcess.RunAsync(arguments);
        Assert.True(code == ExitCode.Done, $"{string.Join(' ', arguments)}: {error}");
        return output;
    }

    private static async Task<WebApplication> ServeAsync(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), ServeUnknownFileTypes = true });
        await server.StartAsync(Cancelled);
        return server;
    }
}
