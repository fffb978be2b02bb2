using System.CommandLine.Parsing;

namespace SlmOps.EdgeAgent.Options;

/// <summary>
/// The command that a smoke test is started through: a sandbox (<c>bwrap</c>), a group with limits of its own
/// (<c>systemd-run --scope</c>), or an emulator, whose programs the system cannot start by itself.
/// </summary>
internal static class Launcher
{
    /// <summary>The program and its arguments; empty where no launcher is wanted, with what is wrong added to the mistakes.</summary>
    internal static IReadOnlyList<string> Read(string? text, List<string> mistakes)
    {
        if (text is null)
        {
            return [];
        }

        string[] command = [.. CommandLineParser.SplitCommandLine(text)];
        if (command.Length == 0)
        {
            mistakes.Add("--launcher is empty; it takes a program and its arguments, such as \"systemd-run --user --scope --quiet\".");
        }
        else if (!CanBeFound(command[0]))
        {
            mistakes.Add($"--launcher names '{command[0]}', which is no file and in no folder of PATH.");
        }

        return command;
    }

    private static bool CanBeFound(string program)
    {
        if (program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            return File.Exists(program);
        }

        string[] endings = OperatingSystem.IsWindows() ? ["", ".exe"] : [""];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Any(folder => endings.Any(ending => File.Exists(Path.Combine(folder, program + ending))));
    }
}
