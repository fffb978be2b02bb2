using System.Diagnostics;

namespace SlmOps.Packaging.Tests.Outside;

/// <summary>Runs the readers of other people on what we write.</summary>
internal static class Tool
{
    /// <summary>Exit code and output of a node script of this folder.</summary>
    internal static Task<(int Code, string Output)> NodeAsync(string script, params string[] arguments)
    {
        var modules = Path.Combine(RepositoryRoot.Path, "node_modules");
        Assert.SkipUnless(Directory.Exists(modules) || Environment.GetEnvironmentVariable("CI") == "true", "Run npm ci first.");
        return RunAsync("node", [Path.Combine(RepositoryRoot.Path, "tests", "SlmOps.Packaging.Tests", "Outside", script), .. arguments]);
    }

    /// <summary>Skips a test where a program is not installed; in CI that is a failure.</summary>
    internal static void Require(string program) => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)))
            || Environment.GetEnvironmentVariable("CI") == "true",
        $"Needs {program}.");

    internal static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = RepositoryRoot.Path,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(Stop);
        var error = process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, (await output + await error).Trim());
    }
}
