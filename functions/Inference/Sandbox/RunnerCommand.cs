using System.Runtime.InteropServices;

namespace SlmOps.Inference.Sandbox;

/// <summary>How the program that runs models is started.</summary>
public static class RunnerCommand
{
    /// <summary>Where the runner lies that was compiled beforehand, in a folder for its system.</summary>
    public const string ReadyFolder = "runner";

    private const string Name = "slmops-runner";

    /// <summary>
    /// The runner that was built with this program and lies beside it, started by the same .NET that runs this program: the one
    /// that was compiled beforehand where it was made for this system; as a program of its own where there is no such .NET.
    /// </summary>
    /// <param name="folder">Where to look; null for this program's folder.</param>
    /// <exception cref="SandboxException">When there is none.</exception>
    public static IReadOnlyList<string> Find(string? folder = null)
    {
        folder ??= AppContext.BaseDirectory;
        var ready = Path.Combine(folder, ReadyFolder, SystemName(), Name + ".dll");
        var library = File.Exists(ready) ? ready : Path.Combine(folder, Name + ".dll");
        var program = Path.Combine(folder, OperatingSystem.IsWindows() ? Name + ".exe" : Name);
        return File.Exists(library) && DotNet() is { } dotnet ? [dotnet, "exec", library]
            : File.Exists(program) ? [program]
            : throw new SandboxException(
                SandboxEnding.NotStarted,
                $"There is no {Name} in '{folder}', which runs the models. Build or publish the whole project again.");
    }

    /// <summary>The system's name as builds have it, such as linux-x64; machine code for another one is of no use.</summary>
    private static string SystemName()
    {
        var name = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return $"{name}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    /// <summary>The program <c>dotnet</c>: three folders above the runtime's libraries, as every installation has it.</summary>
    private static string? DotNet()
    {
        var file = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (Path.GetFileName(Environment.ProcessPath) == file)
        {
            return Environment.ProcessPath;
        }

        var beside = Path.GetFullPath(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", file));
        return File.Exists(beside) ? beside : null;
    }
}
