using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

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
            ReturnFreeMemory();
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

        /// <summary>
        /// What an earlier session freed stays with the allocator, and a later one would take it from there without the
        /// process growing: a model would look smaller than it is.
        /// </summary>
        private static void ReturnFreeMemory()
        {
            GC.Collect();
            try
            {
                _ = TrimNativeHeap(0);
            }
            catch (EntryPointNotFoundException)
            {
                // musl keeps no such pool.
            }
        }

        [DllImport("libc", EntryPoint = "malloc_trim")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int TrimNativeHeap(nuint pad);

        private static long Read(string key)
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith(key, StringComparison.Ordinal))
                {
                    return 1024
                        * long.Parse(line.AsSpan(key.Length, line.Length - key.Length - " kB".Length).Trim(), CultureInfo.InvariantCulture);
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
