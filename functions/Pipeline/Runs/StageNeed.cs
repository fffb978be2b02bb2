namespace SlmOps.Pipeline.Runs;

/// <summary>What a stage takes of the machine for one message.</summary>
/// <param name="DiskBytes">Bytes that it writes below the work folder at most, at one time.</param>
/// <param name="MemoryBytes">Bytes of memory without which it cannot work, its own and its process's for models.</param>
/// <param name="For">What they are for, to be read after "needs 5 GB of disk for".</param>
internal sealed record StageNeed(long DiskBytes, long MemoryBytes, string For)
{
    /// <summary>A stage that works in little room.</summary>
    internal static StageNeed None { get; } = new(0, 0, "");
}
