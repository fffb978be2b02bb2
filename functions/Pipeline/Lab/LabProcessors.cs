using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace SlmOps.Pipeline.Lab;

/// <summary>Every processor that the lab knows.</summary>
public static class LabProcessors
{
    private const string Intel = "qemu-x86_64";
    private const string Arm = "qemu-aarch64";

    /// <summary>The machine itself; every other one is compared with it.</summary>
    public static LabProcessor Native { get; } = new("native", null, $"this machine: {NativeLevel()}", null);

    /// <summary>AVX-512 VNNI, which the emulator does not have.</summary>
    public static LabProcessor Vnni { get; } = new("vnni", "x64", "x86-64 v4: AVX-512 VNNI, natively alone", null);

    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<LabProcessor> All { get; } =
    [
        Native,
        new("nehalem", "x64", "x86-64 v2: SSE4.2", Intel),
        new("denverton", "x64", "x86-64 v2: SSE4.2, an Atom", Intel),
        new("sandybridge", "x64", "AVX without AVX2", Intel),
        new("haswell", "x64", "x86-64 v3: AVX2, FMA", Intel),
        Vnni,
        new("cortex-a72", "arm64", "NEON alone", Arm),
        new("cortex-a76", "arm64", "dot product, half precision", Arm),
    ];

    /// <summary>Their names, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(one => one.Name));

    /// <summary>The one of that name, or null.</summary>
    public static LabProcessor? Find(string name) => All.FirstOrDefault(one => one.Name == name);

    /// <summary>True where this machine has AVX-512 VNNI itself.</summary>
    internal static bool NativeHasVnni { get; } = HasVnni();

    private static string NativeLevel() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 when HasVnni() => "x86-64 v4, AVX-512 VNNI",
        Architecture.X64 when Avx512BW.IsSupported => "x86-64 v4, AVX-512",
        Architecture.X64 when AvxVnni.IsSupported => "x86-64 v3, AVX-VNNI",
        Architecture.X64 when Avx2.IsSupported => "x86-64 v3, AVX2",
        Architecture.X64 when Avx.IsSupported => "x86-64 v2, AVX",
        Architecture.X64 => "x86-64 v2, SSE4.2",
        Architecture.Arm64 when System.Runtime.Intrinsics.Arm.Dp.IsSupported => "arm64, dot product",
        var architecture => architecture.ToString().ToLowerInvariant(),
    };

    private static bool HasVnni()
    {
        // Leaf 7: bit 11 of ECX.
        const int ExtendedFeatures = 7;
        const int Bit = 11;
        return Avx512BW.IsSupported && X86Base.IsSupported && ((X86Base.CpuId(ExtendedFeatures, 0).Ecx >> Bit) & 1) == 1;
    }
}
