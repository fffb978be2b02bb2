using System.Diagnostics;
using System.IO.Compression;
using SlmOps.Cli;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Api;

namespace SlmOps.EndToEnd.Tests;

/// <summary>What goes to Azure: <c>dotnet publish</c> of the app, zipped as <c>azd</c> does it.</summary>
public sealed class PublishTests
{
    private static readonly string Project = Path.Combine(Installation.Root(), "functions", "Triggers");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PublishedApp_UnpackedElsewhere_RunsWithItsHostJsonAndWithoutLocalSettings()
    {
        using var folder = new Folder();
        var (published, package, app) = (folder.Of("published"), folder.Of("package.zip"), folder.Of("app"));
        await PublishAsync(published);
        await ZipFile.CreateFromDirectoryAsync(published, package, Cancelled);
        await ZipFile.ExtractToDirectoryAsync(package, app, Cancelled);

        Assert.Equal(
            await File.ReadAllTextAsync(Path.Combine(Installation.Root(), "host.json"), Cancelled),
            await File.ReadAllTextAsync(Path.Combine(app, "host.json"), Cancelled));
        Assert.Empty(Directory.GetFiles(app, "local.settings*", SearchOption.AllDirectories));

        await using var platform = await Platform.StartAsync(withFunctions: false);
        await platform.StartFunctionsOfAsync(app);
        var upload = Models.Mlp("published", "1", seed: 90, "int8");
        await platform.UploadAsync(upload);

        // Queues, the runner beside the app, signing and HTTP: all of it from the package.
        var released = await platform.UntilAsync(upload.Model, upload.Version, "released", status => !status.ReleaseDigest.IsEmpty);
        Assert.Equal([true, true], released.Variants.Select(variant => variant.Accepted));
        Assert.Equal("published", Assert.Single(await platform.ListedAsync()).Release.Model);
    }

    /// <summary>The build of this very run, with the settings of a developer's machine beside the project.</summary>
    private static async Task PublishAsync(string target)
    {
        using var settings = LocalSettings();
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "publish", Project, "--no-build", "-c", configuration, "-o", target, "-nodeReuse:false", "-v", "quiet" },
            RedirectStandardOutput = true,
        };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync(Cancelled);
        await publish.WaitForExitAsync(Cancelled);
        Assert.True(publish.ExitCode == 0, output);
    }

    /// <summary>Those that are there; where there are none, some that go when they are closed. Git knows neither.</summary>
    private static FileStream? LocalSettings()
    {
        try
        {
            return new(
                Path.Combine(Project, "local.settings.json"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
