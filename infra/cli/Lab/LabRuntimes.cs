using System.Diagnostics;
using System.Text.RegularExpressions;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Cli.Lab;

/// <summary>Other versions of ONNX Runtime, for fleets whose programs bring their own: npm's binding of each brings its library.</summary>
internal static partial class LabRuntimes
{
    private const int Most = 16;
    private const int LastLines = 5;

    /// <summary>The versions that were named, each once.</summary>
    internal static IReadOnlyList<LabProcessor> Chosen(IReadOnlyList<string> given)
    {
        var versions = given
            .SelectMany(part => part.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct().ToList();
        if (versions.Find(version => !VersionText().IsMatch(version)) is { } odd)
        {
            throw new CliException($"--runtimes takes versions of ONNX Runtime such as 1.23.2, not '{odd}'.", ExitCode.Usage);
        }

        return versions.Count <= Most
            ? [.. versions.Select(LabProcessor.WithRuntime)]
            : throw new CliException($"--runtimes takes {Most} versions at the most.", ExitCode.Usage);
    }

    /// <summary>Installs those that are not there yet.</summary>
    internal static async Task EnsureAsync(
        Terminal terminal, LabTools tools, IReadOnlyList<LabProcessor> runtimes, CancellationToken cancellationToken)
    {
        foreach (var version in runtimes.Select(one => one.Runtime!).Where(version => !tools.HasRuntime(version)))
        {
            terminal.Say($"installing ONNX Runtime {version} (once): npm install onnxruntime-node@{version}");
            var (folder, coming) = (tools.Runtime(version), tools.Runtime(version) + ".new");
            Clear(coming);
            Directory.CreateDirectory(coming);
            await File.WriteAllTextAsync(Path.Combine(coming, "package.json"), """{"private":true}""", cancellationToken);
            await InstallAsync(coming, version, cancellationToken);
            Clear(folder);
            Directory.Move(coming, folder);
        }
    }

    private static async Task InstallAsync(string folder, string version, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(
            OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", $"onnxruntime-node@{version}"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var npm = Start(start);
        try
        {
            var output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = await npm.StandardError.ReadToEndAsync(cancellationToken);
            await output;
            await npm.WaitForExitAsync(cancellationToken);
            if (npm.ExitCode != 0)
            {
                var last = string.Join(Environment.NewLine, error.TrimEnd().Split('\n').Take(LastLines));
                throw new CliException($"npm cannot install onnxruntime-node {version}:{Environment.NewLine}{last}");
            }
        }
        finally
        {
            if (!npm.HasExited)
            {
                npm.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CliException("npm was not found. Install Node.js 20 or newer: other versions of ONNX Runtime come through it.");
        }
    }

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"^\d{1,3}\.\d{1,3}\.\d{1,3}(-[0-9A-Za-z.-]{1,40})?\z")]
    private static partial Regex VersionText();
}
