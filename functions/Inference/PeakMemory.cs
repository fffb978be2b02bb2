using System.Diagnostics;
using System.Globalization;

namespace SlmOps.Inference;

/// <summary>Measures how much resident memory this process gains while something runs.</summary>
public abstract class PeakMemory
{
    /// <summary>Reads the kernel's high-water mark on Linux, and compares working sets elsewhere.</summary>
    public static PeakMemory ForThisSystem() => OperatingSystem.IsLinux() ? new HighWaterMark() : new WorkingSet();

    /// <summary>Bytes in use now; the measurement starts here.</summary>
    public abstract long Start();

    /// <summary>Most bytes in use at one time since <see cref="Start"/>, as well as the system can tell.</summary>
    public abstract long Peak();

    private sealed class HighWaterMark : PeakMemory
    {
        public override long Start()
        {
            try
            {
                // Sets VmHWM back to VmRSS; man 5 proc_pid_clear_refs.
                File.WriteAllText("/proc/self/clear_refs", "5");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A container may forbid it; the mark then stays where it was, and the growth counts from it.
                return Read("VmHWM:");
            }

            return Read("VmRSS:");
        }

        public override long Peak() => Read("VmHWM:");

        private static long Read(string key)
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith(key, StringComparison.Ordinal))
                {
                    return 1024 * long.Parse(line.AsSpan(key.Length, line.Length - key.Length - " kB".Length).Trim(), CultureInfo.InvariantCulture);
                }
            }

            throw new InvalidOperationException($"/proc/self/status has no line '{key}'.");
        }
    }

    private sealed class WorkingSet : PeakMemory
    {
        public override long Start() => Now();

        public override long Peak() => Now();

        private static long Now()
        {
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }
}
