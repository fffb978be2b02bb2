using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>The calls of the operating system that .NET does not offer.</summary>
internal static partial class Filesystem
{
    /// <summary>Makes a rename or a new entry survive a power cut; only Unix needs it and has it.</summary>
    internal static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // .NET opens no folder. Reading only is 0 on every processor; all other flags of open differ between them.
        const int ReadOnly = 0;
        using var handle = Open(folder, ReadOnly);
        if (handle.IsInvalid)
        {
            throw new IOException($"The folder '{folder}' cannot be opened to flush it: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        // Passes over a file system that cannot flush a folder; the rename itself has worked by then.
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>A second name for the same file; false where the file system has none.</summary>
    internal static bool TryHardLink(string existing, string link) => OperatingSystem.IsWindows()
        ? CreateHardLink(link, existing, 0)
        : Link(existing, link) == 0;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string existing, string link);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string link, string existing, nint security);
}
