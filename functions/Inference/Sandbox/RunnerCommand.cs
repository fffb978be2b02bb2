namespace SlmOps.Inference.Sandbox;

/// <summary>How the program that runs models is started.</summary>
public static class RunnerCommand
{
    private const string Name = "slmops-runner";

    /// <summary>
    /// The runner that was built with this program and lies beside it, started by the same .NET that runs this program; as
    /// a program of its own where there is no such .NET.
    /// </summary>
    /// <param name="folder">Where to look; null for this program's folder.</param>
    /// <exception cref="SandboxException">When there is none.</exception>
    public static IReadOnlyList<string> Find(string? folder = null)
    {
        folder ??= AppContext.BaseDirectory;
        var library = Path.Combine(folder, Name + ".dll");
        var program = Path.Combine(folder, OperatingSystem.IsWindows() ? Name + ".exe" : Name);
        return File.Exists(library) && DotNet() is { } dotnet ? [dotnet, "exec", library]
            : File.Exists(program) ? [program]
            : throw new SandboxException(
                SandboxEnding.NotStarted,
                $"There is no {Name} in '{folder}', which runs the models. Build or publish the whole project again.");
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
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", file));
        return File.Exists(beside) ? beside : null;
    }
}
