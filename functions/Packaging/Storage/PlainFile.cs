using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SlmOps.Packaging.Storage;

/// <summary>
/// Files that users and foreign layouts name. What stands in a file's place may be a folder, a link that leads to itself, or a
/// pipe, whose opening would wait for a writer for ever.
/// </summary>
public static partial class PlainFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file; links to one are followed.</param>
    /// <param name="options">How it will be read.</param>
    /// <exception cref="InvalidDataException">When something else stands there.</exception>
    /// <exception cref="IOException">When it cannot be opened; <see cref="FileNotFoundException"/> when it is not there.</exception>
    public static FileStream OpenRead(string path, FileOptions options = FileOptions.None)
    {
        Require(path);
        try
        {
            return new(path, new FileStreamOptions { Options = options, Share = FileShare.Read | FileShare.Delete });
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new FileNotFoundException($"There is no file '{path}'.", exception);
        }
    }

    /// <summary>Reads a file that must be small.</summary>
    /// <param name="path">The file; links to one are followed.</param>
    /// <param name="limit">Most bytes to read.</param>
    /// <exception cref="PackageFormatException">With <c>too-large</c>.</exception>
    /// <exception cref="InvalidDataException">When something else than a file stands there.</exception>
    /// <exception cref="IOException">When it cannot be opened or read.</exception>
    public static byte[] ReadAll(string path, int limit)
    {
        using var file = OpenRead(path);
        var bytes = new byte[Math.Min(file.Length, limit) + 1];
        var read = 0;
        while (read <= limit)
        {
            if (read == bytes.Length)
            {
                // It grows while it is read.
                Array.Resize(ref bytes, (int)Math.Min(2L * bytes.Length, limit + 1L));
            }

            var more = file.Read(bytes, read, bytes.Length - read);
            if (more == 0)
            {
                return bytes[..read];
            }

            read += more;
        }

        throw new PackageFormatException("too-large", $"'{path}' has more than {limit} bytes.");
    }

    /// <summary>Refuses what is there but is no file. A path with nothing behind it is left to whoever opens it.</summary>
    /// <exception cref="InvalidDataException">When something else stands there.</exception>
    public static void Require(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InvalidDataException($"'{path}' is a folder, where a file is expected.");
        }

        if (IsPipe(path))
        {
            throw new InvalidDataException($"'{path}' is a pipe or a device, where a file is expected.");
        }
    }

    private static bool IsPipe(string path)
    {
        // The same number on every processor that .NET has a Linux for.
        var withoutWaiting = OperatingSystem.IsLinux() ? 0x800 : OperatingSystem.IsMacOS() ? 0x4 : 0;
        if (withoutWaiting == 0)
        {
            return false;
        }

        using var handle = Open(path, withoutWaiting);
        if (handle.IsInvalid)
        {
            return false;
        }

        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        return !stream.CanSeek;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);
}
