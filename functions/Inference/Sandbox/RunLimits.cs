namespace SlmOps.Inference.Sandbox;

/// <summary>What one process that runs models may take. docs/limits.md holds the table.</summary>
public sealed record RunLimits
{
    /// <summary>Resident memory, beyond what the process has before it opens a model, in bytes; also the bound of its writable memory.</summary>
    public long MemoryBytes { get; init; } = 2L << 30;

    /// <summary>
    /// Writable memory that it is granted for itself where it starts with less, as a program does that was compiled ahead of time and
    /// loads ONNX Runtime later, in bytes.
    /// </summary>
    public long OwnBytes { get; init; }

    /// <summary>Growth of its address space: memory, mapped model files, reserves of the allocator, in bytes.</summary>
    public long AddressBytes { get; init; } = 8L << 30;

    /// <summary>Processor time of one request.</summary>
    public TimeSpan Cpu { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Time of one request by the clock.</summary>
    public TimeSpan Wall { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Largest file it may write, in bytes.</summary>
    public long FileBytes { get; init; } = 1L << 31;

    /// <summary>Most threads of the process, its runtime's own among them.</summary>
    public int Threads { get; init; } = 64;

    /// <summary>Most bytes of one answer.</summary>
    public int AnswerBytes { get; init; } = 16 << 20;
}
