using System.Runtime.InteropServices;

namespace SlmOps.Inference.Sandbox;

/// <summary>
/// Calls of Linux that .NET does not offer. The numbers are those of the generic ABI, which x86-64 and arm64 share; where
/// the two differ, <see cref="NetworkFilter"/> holds both.
/// </summary>
internal static partial class SystemCalls
{
    internal const int LimitCpu = 0;
    internal const int LimitFileSize = 1;
    internal const int LimitData = 2;
    internal const int LimitCore = 4;
    internal const int LimitAddressSpace = 9;

    internal const int ParentDeathSignal = 1;
    internal const int NoNewPrivileges = 38;

    internal const int Killed = 9;
    internal const int CpuTimeUsedUp = 24;
    internal const int FileTooLarge = 25;

    internal static string SignalName(int signal) => signal switch
    {
        4 => "SIGILL (an instruction that this processor does not have)",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        31 => "SIGSYS",
        _ => $"signal {signal}",
    };

    /// <summary>Soft and hard limit; true when the system took them.</summary>
    internal static bool TrySetLimit(int resource, long soft, long hard)
    {
        var limit = new ResourceLimit { Soft = (ulong)soft, Hard = (ulong)hard };
        return SetResourceLimit(resource, ref limit) == 0;
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "setsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int ParentProcess();

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int DuplicateTo(int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint Call(nint number, nint a, nint b, nint c);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetResourceLimit(int resource, ref ResourceLimit limit);

    private struct ResourceLimit
    {
        internal ulong Soft;
        internal ulong Hard;
    }
}
