using System.Globalization;
using SlmOps.Inference.Sandbox;

namespace SlmOps.Pipeline.Runs;

/// <summary>What this machine has of disk and memory.</summary>
internal static class MachineRoom
{
    private const string Memory = "/proc/meminfo";
    private const string Available = "MemAvailable:";

    internal static RoomState Measure(PipelineOptions options)
    {
        Directory.CreateDirectory(options.WorkFolder);
        var volume = new DriveInfo(Path.GetFullPath(options.WorkFolder));
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new(
            volume.AvailableFreeSpace,
            volume.TotalSize,
            Math.Min(FreeMemory() ?? memory, memory),
            options.RunMemoryBytes > 0 ? options.RunMemoryBytes : RunLimitPlan.MemoryOf(memory));
    }

    /// <summary>What the system can give without swapping; null where it does not tell in this way.</summary>
    private static long? FreeMemory()
    {
        if (!File.Exists(Memory))
        {
            return null;
        }

        // MemAvailable:   12345678 kB
        var line = File.ReadLines(Memory).FirstOrDefault(line => line.StartsWith(Available, StringComparison.Ordinal));
        var number = line?[Available.Length..].Trim().Split(' ')[0];
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : null;
    }
}
