using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
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

    /// <summary>Memory that this process may use in all: the machine's, or the container's if that is less.</summary>
    internal static long TotalMemory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    internal static DeviceInventory Inventory(long ramBytes, IReadOnlyDictionary<string, string> labels) => new(
        AgentVersion,
        OrtVersion,
        RuntimeInformation.OSDescription[..Math.Min(RuntimeInformation.OSDescription.Length, ReportLimits.Line)],
        RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        Environment.ProcessorCount,
        ramBytes,
        InstructionSets(),
        labels);

    private static List<string> InstructionSets()
    {
        (string Name, bool Has)[] known =
        [
            ("sse4.2", Sse42.IsSupported),
            ("avx", Avx.IsSupported),
            ("avx2", Avx2.IsSupported),
            ("fma", Fma.IsSupported),
            ("avx512f", Avx512F.IsSupported),
            ("avx512bw", Avx512BW.IsSupported),
            ("avxvnni", AvxVnni.IsSupported),
            ("neon", AdvSimd.IsSupported),
            ("dotprod", Dp.IsSupported),
        ];
        return [.. known.Where(one => one.Has).Select(one => one.Name)];
    }
}
