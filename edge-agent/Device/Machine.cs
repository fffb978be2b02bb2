using System.Reflection;
using System.Runtime.InteropServices;
using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Device;

/// <summary>What the device is made of.</summary>
internal static class Machine
{
    /// <summary>Version of this program.</summary>
    internal static string AgentVersion { get; } =
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>
    /// Version of the ONNX Runtime this program was built with. Known without loading it: only the smoke test's own
    /// process pays for the library. The self-test compares it with what the library says.
    /// </summary>
    internal static string OrtVersion { get; } =
        typeof(Machine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(one => one.Key == "OnnxRuntimeVersion").Value!;

    /// <summary>
    /// What a model's failure may depend on besides the model: agent, runtime, kernel. Where one of them changes, what failed may be
    /// tried again.
    /// </summary>
    internal static string Surroundings { get; } = $"agent {AgentVersion}, onnxruntime {OrtVersion}, {Kernel()}";

    /// <summary>Memory that this process may use in all: the machine's, or the container's if that is less.</summary>
    internal static long TotalMemory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    internal static DeviceInventory Inventory(long ramBytes, IReadOnlyDictionary<string, string> labels) => new(
        AgentVersion,
        OrtVersion,
        RuntimeInformation.OSDescription[..Math.Min(RuntimeInformation.OSDescription.Length, ReportLimits.Line)],
        Architecture,
        Environment.ProcessorCount,
        ramBytes,
        Processor.InstructionSets(),
        labels)
    {
        ProcessorClass = ProcessorClassName,
    };

    /// <summary>The class of this machine's processor; null for one that nothing is known of.</summary>
    internal static string? ProcessorClassName { get; } = ProcessorClass.Of(Architecture, Processor.InstructionSets());

    private static string Architecture => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    private static string Kernel()
    {
        const string Release = "/proc/sys/kernel/osrelease";
        try
        {
            return File.Exists(Release) ? $"linux {File.ReadAllText(Release).Trim()}" : Environment.OSVersion.VersionString;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Environment.OSVersion.VersionString;
        }
    }
}
