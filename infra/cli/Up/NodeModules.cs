using System.Diagnostics;

namespace SlmOps.Cli.Up;

/// <summary>Installs the pinned npm packages when they are missing or older than the lock file.</summary>
internal static class NodeModules
{
    internal static async Task EnsureAsync(string root, Terminal terminal, CancellationToken cancellationToken)
    {
        var wanted = new FileInfo(Path.Combine(root, "package-lock.json"));
        var installed = new FileInfo(Path.Combine(root, "node_modules", ".package-lock.json"));
        if (installed.Exists && installed.LastWriteTimeUtc >= wanted.LastWriteTimeUtc)
        {
            return;
        }

        terminal.Say("Installing npm packages (once): npm ci");
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm")
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var npm = Process.Start(start)!;
            var output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = npm.StandardError.ReadToEndAsync(cancellationToken);
            await npm.WaitForExitAsync(cancellationToken);
            await output;
            if (npm.ExitCode != 0)
            {
                throw new CliException(
                    $"npm ci failed with exit code {npm.ExitCode}:{Environment.NewLine}{await error}");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CliException("npm was not found. Install Node.js 20 or newer: Azurite, the storage emulator, runs on it.");
        }
    }
}
