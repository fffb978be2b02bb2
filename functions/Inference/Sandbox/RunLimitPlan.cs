namespace SlmOps.Inference.Sandbox;

/// <summary>What an evaluation costs at most, as far as it can be told beforehand.</summary>
/// <param name="ModelBytes">Bytes of the models that are open at the same time.</param>
/// <param name="Parameters">Weights of the largest one.</param>
/// <param name="Tokens">Tokens that one request runs through it; 0 for a model that is no language model.</param>
public sealed record RunSize(long ModelBytes, long Parameters, long Tokens);

/// <summary>The limits of a process from what its work can cost at most. Pure; docs/limits.md holds the table.</summary>
public static class RunLimitPlan
{
    /// <summary>What a machine needs beside the process: the host, the system.</summary>
    public const long HostBytes = 512L << 20;

    /// <summary>The least that a process is given, on however small a machine.</summary>
    public const long LeastBytes = 256L << 20;

    /// <summary>Threads of the process beside those that compute: the runtime's own, with some to spare.</summary>
    public const int OtherThreads = 48;

    // A tenth of what one core of a small device computes.
    private const double OperationsPerSecond = 1e9;

    // Two operations a weight and token, a multiplication and an addition; attention and the rest on top.
    private const double OperationsPerWeight = 3;

    private const long AddressReserve = 2L << 30;
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OtherModels = TimeSpan.FromMinutes(10);

    /// <summary>Memory that a process may take of a machine with so much.</summary>
    public static long MemoryOf(long machineBytes) => Math.Max(machineBytes - HostBytes, LeastBytes);

    /// <summary>The limits.</summary>
    /// <param name="size">What is to be done.</param>
    /// <param name="memoryBytes">Memory that the process may take.</param>
    /// <param name="mostCpu">Most processor time, whatever the size.</param>
    /// <param name="threads">Threads that ONNX Runtime is given.</param>
    public static RunLimits For(RunSize size, long memoryBytes, TimeSpan mostCpu, int threads)
    {
        ArgumentNullException.ThrowIfNull(size);
        var work =
            size.Tokens == 0
                ? OtherModels
                : TimeSpan.FromSeconds(
                    Math.Min(size.Parameters * (double)size.Tokens * OperationsPerWeight / OperationsPerSecond, mostCpu.TotalSeconds));
        var cpu = Start + work < mostCpu ? Start + work : mostCpu;
        return new()
        {
            MemoryBytes = memoryBytes,
            AddressBytes = memoryBytes + (2 * size.ModelBytes) + AddressReserve,
            Cpu = cpu,
            // A machine that does other things too; but never longer than four times what the work itself may take.
            Wall = cpu * 4,
            Threads = OtherThreads + threads,
        };
    }
}
