using System.Diagnostics;

namespace SlmOps.Cli.Up;

/// <summary>Installs the pinned npm packages when they are missing or older than the lock file.</summary>
internal static class NodeModules
{
    internal static async Task EnsureAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var (root, source) = (Installation.NodeFolder(), Installation.NodeLock());
        var wanted = new FileInfo(Path.Combine(source, "package-lock.json"));
        var installed = new FileInfo(Path.Combine(root, "node_modules", ".package-lock.json"));
        if (installed.Exists && installed.LastWriteTimeUtc >= wanted.LastWriteTimeUtc)
        {
            return;
        }

        if (root != source)
        {
            Directory.CreateDirectory(root);
            File.Copy(wanted.FullName, Path.Combine(root, wanted.Name), overwrite: true);
            File.Copy(Path.Combine(source, "package.json"), Path.Combine(root, "package.json"), overwrite: true);
        }

        terminal.Say("Installing npm packages (once): npm ci");
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm")
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        foreach (var argument in Installation.IsWhole ? [.. arguments, "--omit=dev"] : arguments)
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
