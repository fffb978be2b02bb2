using System.Globalization;

namespace SlmOps.Pipeline.Runs;

/// <summary>Disk and memory of this machine.</summary>
/// <param name="FreeDisk">Free bytes of the volume of the work folder.</param>
/// <param name="AllDisk">All its bytes.</param>
/// <param name="FreeMemory">Free bytes of memory.</param>
/// <param name="AllMemory">Bytes of memory that a process that runs models may take at most.</param>
internal readonly record struct RoomState(long FreeDisk, long AllDisk, long FreeMemory, long AllMemory);

/// <summary>Measures the machine.</summary>
internal delegate RoomState MeasureRoom();

/// <summary>Whether there is room for a stage: now, later, or never.</summary>
/// <param name="Answer">Which.</param>
/// <param name="Code">What is short, as a problem's code.</param>
/// <param name="Why">What it needs and what there is.</param>
/// <param name="Cure">What to do about it.</param>
internal sealed record RoomDecision(RoomAnswer Answer, string Code = "", string Why = "", string Cure = "")
{
    private const string DiskCode = "disk-short";
    private const string MemoryCode = "memory-short";

    /// <summary>Decides. Pure.</summary>
    /// <param name="need">What the stage needs.</param>
    /// <param name="state">What there is.</param>
    /// <param name="held">What other stages of this host were given; part of it they have taken already.</param>
    internal static RoomDecision Of(StageNeed need, RoomState state, StageNeed held)
    {
        var (disk, memory) = (state.FreeDisk - held.DiskBytes, state.FreeMemory - held.MemoryBytes);
        return need switch
        {
            { DiskBytes: > 0 } when need.DiskBytes > state.AllDisk => new(
                RoomAnswer.Never, DiskCode,
                $"{Needs(need.DiskBytes, "disk")}; the volume of the work folder has {Bytes(state.AllDisk)} in all",
                "Put SlmOps:WorkFolder on a larger volume, and upload under a new version."),
            { MemoryBytes: > 0 } when need.MemoryBytes > state.AllMemory => new(
                RoomAnswer.Never, MemoryCode,
                $"{Needs(need.MemoryBytes, "memory")}; a process that runs models may take {Bytes(state.AllMemory)} here",
                "Use a machine with more memory, or raise SlmOps:RunMemoryBytes, and upload under a new version."),
            { DiskBytes: > 0 } when need.DiskBytes > disk => new(
                RoomAnswer.NotNow, DiskCode, $"{Needs(need.DiskBytes, "disk")}; {Free(state.FreeDisk, held.DiskBytes)}",
                "Free disk where SlmOps:WorkFolder lies, and upload under a new version."),
            { MemoryBytes: > 0 } when need.MemoryBytes > memory => new(
                RoomAnswer.NotNow, MemoryCode, $"{Needs(need.MemoryBytes, "memory")}; {Free(state.FreeMemory, held.MemoryBytes)}",
                "End what else takes memory on this machine, and upload under a new version."),
            _ => new(RoomAnswer.Now),
        };

        string Needs(long bytes, string what) => $"needs {Bytes(bytes)} of {what} for {need.For}";
    }

    private static string Free(long free, long held) =>
        $"{Bytes(Math.Max(free, 0))} are free" + (held > 0 ? $", of which {Bytes(held)} are given to other stages" : "");

    private static string Bytes(long bytes) => bytes >= 100_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}

/// <summary>When there is room.</summary>
internal enum RoomAnswer
{
    /// <summary>There is.</summary>
    Now,

    /// <summary>When something else ends or is deleted.</summary>
    NotNow,

    /// <summary>Not on this machine.</summary>
    Never,
}
