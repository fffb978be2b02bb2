using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SlmOps.Inference;

/// <summary>
/// The official builds of ONNX Runtime, from 1.29 also those for Linux, send their maker what sessions they open and of what models,
/// and keep it in a database in the user's cache until they can. What runs here is nobody's business, and the database's files
/// count against a process's limits. The runtime looks at one variable of the environment when its library is loaded.
/// </summary>
public static class RuntimeTelemetry
{
    internal const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Turns it off for this process and those that it starts. To be called before ONNX Runtime is used.</summary>
    public static void TurnOff()
    {
        Environment.SetEnvironmentVariable(Variable, "1");
        if (!OperatingSystem.IsWindows())
        {
            // .NET keeps an environment of its own, which native code does not see.
            _ = SetVariable(Variable, "1", overwrite: 1);
        }
    }

    /// <summary>The variable as native code sees it; null when it is not set, or on Windows.</summary>
    internal static string? Native() =>
        OperatingSystem.IsWindows() ? null : Marshal.PtrToStringUTF8(GetVariable(Variable));

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Whatever opens a session through this library must find it turned off.")]
    internal static void TurnOffFirst() => TurnOff();

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);

    [DllImport("libc", EntryPoint = "getenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint GetVariable([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
