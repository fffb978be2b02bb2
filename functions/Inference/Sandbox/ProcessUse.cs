using System.Diagnostics;
using System.Globalization;

namespace SlmOps.Inference.Sandbox;

/// <summary>What a process takes at one moment.</summary>
/// <param name="Resident">Bytes of resident memory.</param>
/// <param name="Cpu">Processor time since it started.</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct ProcessUse(long Resident, TimeSpan Cpu, int Threads)
{
    // man 5 proc_pid_stat: fields after the name in parentheses, which may itself hold spaces; the state is the first.
    private const int UserTime = 11;
    private const int SystemTime = 12;
    private const int ThreadCount = 17;
    private const int ResidentPages = 21;

    // USER_HZ, which the kernel shows times in whatever its own clock is.
    private const double TicksPerSecond = 100;

    /// <summary>Null when the process has ended.</summary>
    internal static ProcessUse? Of(Process process)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                return Parse(File.ReadAllText($"/proc/{process.Id}/stat"), Environment.SystemPageSize);
            }

            process.Refresh();
            return new(process.WorkingSet64, process.TotalProcessorTime, process.Threads.Count);
        }
        catch (Exception exception)
            when (exception
                    is IOException
                        or UnauthorizedAccessException
                        or InvalidOperationException
                        or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    internal static ProcessUse? Parse(string stat, long pageBytes)
    {
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > ResidentPages
            ? new(
                Number(ResidentPages) * pageBytes,
                TimeSpan.FromSeconds((Number(UserTime) + Number(SystemTime)) / TicksPerSecond),
                (int)Number(ThreadCount))
            : null;

        long Number(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
    }
}
