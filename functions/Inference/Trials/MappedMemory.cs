using System.Globalization;

namespace SlmOps.Inference.Trials;

/// <summary>
/// Memory that this process has mapped to write to, and mapped files of one folder. An emulator shows a program its own
/// mappings here, so the count means the same there; what the emulator itself takes is in the resident memory alone.
/// </summary>
internal static class MappedMemory
{
    private const string Maps = "/proc/self/maps";

    /// <summary>Bytes, or null where the system does not tell.</summary>
    internal static long? Now(string folder)
    {
        try
        {
            return OperatingSystem.IsLinux() ? Sum(File.ReadLines(Maps), Path.GetFullPath(folder)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>man 5 proc_pid_maps: <c>from-to rwxp offset device inode path</c>.</summary>
    internal static long Sum(IEnumerable<string> lines, string folder)
    {
        var below = folder.EndsWith('/') ? folder : folder + "/";
        var sum = 0L;
        foreach (var line in lines)
        {
            var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            var counts = fields.Length > 1 && (fields[1].StartsWith("rw", StringComparison.Ordinal)
                || (fields.Length > 5 && fields[5].StartsWith(below, StringComparison.Ordinal)));
            if (counts && fields[0].Split('-') is [var from, var to])
            {
                sum += Address(to) - Address(from);
            }
        }

        return sum;
    }

    private static long Address(string hex) => long.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
