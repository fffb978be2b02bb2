using System.Globalization;

namespace SlmOps.Inference.Sandbox;

/// <summary>What the process that runs models does to itself before it opens the first one.</summary>
internal static class ChildLimits
{
    // Requests that one process serves at most; the hard limit of processor time counts them all.
    private const int MostRequests = 64;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    internal static Confinement Apply(RunLimits limits, int parent)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new(false, false, false);
        }

        // A group of its own, so that it can be killed whole and no key of the terminal reaches it.
        _ = SystemCalls.NewSession();
        var bound = SystemCalls.ProcessControl(SystemCalls.ParentDeathSignal, SystemCalls.Killed, 0, 0, 0) == 0;
        if (bound && parent != SystemCalls.ParentProcess())
        {
            // The parent went before the signal was ordered, or a launcher stands between: then the pipe's end tells.
            bound = false;
        }

        BeFirstToGo();
        var status = MemoryStatus.Read();
        var limited = SystemCalls.TrySetLimit(SystemCalls.LimitCore, 0, 0)
            & SystemCalls.TrySetLimit(SystemCalls.LimitFileSize, limits.FileBytes, limits.FileBytes)
            & Both(SystemCalls.LimitData, Math.Max(status.Data, limits.OwnBytes) + limits.MemoryBytes)
            & Both(SystemCalls.LimitAddressSpace, status.Address + limits.AddressBytes);
        StartRequest(limits);
        return new(limited, NetworkFilter.TryApply(), bound);

        static bool Both(int resource, long bytes) => SystemCalls.TrySetLimit(resource, bytes, bytes);
    }

    /// <summary>
    /// A new bound on processor time for the next request. The parent watches the time too, and says it in figures; this
    /// one holds when the parent cannot.
    /// </summary>
    internal static void StartRequest(RunLimits limits)
    {
        if (OperatingSystem.IsLinux())
        {
            var used = Environment.CpuUsage.TotalTime;
            var hard = (long)(limits.Cpu * MostRequests).TotalSeconds + 1;
            SystemCalls.TrySetLimit(SystemCalls.LimitCpu, Math.Min((long)(used + limits.Cpu + Grace).TotalSeconds + 1, hard), hard);
        }
    }

    /// <summary>When the machine runs out of memory, this process is the one to kill.</summary>
    private static void BeFirstToGo()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The kernel then chooses by size alone.
        }
    }

    /// <summary>Bytes of address space and of writable memory that the process has now.</summary>
    private readonly record struct MemoryStatus(long Address, long Data)
    {
        internal static MemoryStatus Read()
        {
            var lines = File.ReadAllLines("/proc/self/status");
            return new(Value("VmSize:"), Value("VmData:"));

            long Value(string key) => lines.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } line
                ? 1024 * long.Parse(line.AsSpan(key.Length, line.Length - key.Length - " kB".Length).Trim(), CultureInfo.InvariantCulture)
                : 0;
        }
    }
}
