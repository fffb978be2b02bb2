using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using SlmOps.Inference.Sandbox;

namespace SlmOps.Runner;

/// <summary>The process that runs uploaded models for the pipeline and the command-line tool: they start it, and end it.</summary>
internal static class RunnerProgram
{
    private static int Main()
    {
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += OfTheHost;
        return SandboxServer.Run();
    }

    /// <summary>
    /// The runner that was compiled beforehand lies in runner/&lt;system&gt;/ of its host's folder and uses the library that
    /// lies there: in the folder itself, or where a build for several systems has it.
    /// </summary>
    private static nint OfTheHost(Assembly assembly, string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        if (folder.Parent is not { Name: RunnerCommand.ReadyFolder, Parent: { } host })
        {
            return 0;
        }

        var file = OperatingSystem.IsWindows() ? name + ".dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
        var several = Path.Combine(host.FullName, "runtimes", folder.Name, "native", file);
        return NativeLibrary.TryLoad(several, out var library) || NativeLibrary.TryLoad(Path.Combine(host.FullName, file), out library)
            ? library
            : 0;
    }
}
