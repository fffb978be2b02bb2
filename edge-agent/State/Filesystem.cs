using System.Runtime.InteropServices;

namespace SlmOps.EdgeAgent.State;

/// <summary>The calls of the operating system that .NET does not offer.</summary>
internal static partial class Filesystem
{
    private const int ReadOnlyAndDirectory = 0x10000;

    /// <summary>Makes a rename or a new entry survive a power cut; only Unix needs it and has it.</summary>
    internal static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(folder, ReadOnlyAndDirectory);
        if (descriptor < 0)
        {
            throw new IOException($"The folder '{folder}' cannot be opened to flush it: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        // Some network file systems cannot flush a folder; the rename itself has worked by then.
        _ = FSync(descriptor);
        _ = Close(descriptor);
    }

    /// <summary>A second name for the same file; false where the file system has none.</summary>
    internal static bool TryHardLink(string existing, string link) => OperatingSystem.IsWindows()
        ? CreateHardLink(link, existing, 0)
        : Link(existing, link) == 0;

    /// <summary>Caps the memory that this process may write to; Linux only, elsewhere the parent watches alone.</summary>
    internal static void LimitData(long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            const int Data = 2;
            var limit = new ResourceLimit { Soft = (ulong)bytes, Hard = (ulong)bytes };
            if (SetResourceLimit(Data, ref limit) != 0)
            {
                throw new InvalidOperationException($"The memory limit of {bytes} bytes was not accepted: {Marshal.GetLastPInvokeErrorMessage()}.");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string existing, string link);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetResourceLimit(int resource, ref ResourceLimit limit);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string link, string existing, nint security);

    private struct ResourceLimit
    {
        internal ulong Soft;
        internal ulong Hard;
    }
}
