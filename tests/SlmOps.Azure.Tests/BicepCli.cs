using System.Diagnostics;
using System.Reflection;

namespace SlmOps.Azure.Tests;

/// <summary>The Bicep compiler of the NuGet package, run on a copy of the repository's Bicep files.</summary>
internal static class BicepCli
{
    private static readonly string Executable = Metadata("BicepPath");

    internal static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    internal static string InfraFolder { get; } = Path.Combine(RepositoryRoot, "infra", "azure");

    internal static async Task<Finished> RunAsync(string folder, params string[] arguments)
    {
        // The executable wants a home folder to write to, which a build account may not have.
        var home = Path.Combine(AppContext.BaseDirectory, "bicep-home");
        Directory.CreateDirectory(home);

        var start = new ProcessStartInfo(Executable, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HOME"] = home, ["DOTNET_BUNDLE_EXTRACT_BASE_DIR"] = home },
        };
        using var process = Process.Start(start)
            ?? throw new InvalidOperationException($"{Executable} did not start.");
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new(process.ExitCode, await output, await errors);
    }

    private static string Metadata(string key) =>
        typeof(BicepCli).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == key).Value
        ?? throw new InvalidOperationException($"The test assembly was built without {key}.");

    internal sealed record Finished(int ExitCode, string Output, string Errors)
    {
        /// <summary>Bicep answers 0 in spite of warnings, so silence is part of success.</summary>
        internal void ShouldBeSilent()
        {
            Assert.Equal("", Errors.Trim());
            Assert.Equal(0, ExitCode);
        }
    }
}
