using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using SlmOps.Contracts;
using Dp = System.Runtime.Intrinsics.Arm.Dp;

namespace SlmOps.Pipeline.Processors;

/// <summary>Every processor that the lab knows.</summary>
public static class LabProcessors
{
    private const string Intel = "qemu-x86_64";
    private const string Arm = "qemu-aarch64";

    /// <summary>The machine itself; every other one is compared with it.</summary>
    public static LabProcessor Native { get; } = new("native", null, $"this machine: {NativeLevel()}", null, NativeClass());

    /// <summary>AVX-512 VNNI, which the emulator does not have.</summary>
    public static LabProcessor Vnni { get; } =
        new("vnni", "x64", "x86-64 v4: AVX-512 VNNI, natively alone", null, ProcessorClass.X64V4Vnni);

    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<LabProcessor> All { get; } =
    [
        Native,
        new("nehalem", "x64", "x86-64 v2: SSE4.2", Intel, ProcessorClass.X64V2),
        new("denverton", "x64", "x86-64 v2: SSE4.2, an Atom", Intel, ProcessorClass.X64V2),
        new("sandybridge", "x64", "AVX without AVX2", Intel, ProcessorClass.X64Avx),
        new("haswell", "x64", "x86-64 v3: AVX2, FMA", Intel, ProcessorClass.X64V3),
        Vnni,
        new("cortex-a72", "arm64", "NEON alone", Arm, ProcessorClass.Arm64),
        new("cortex-a76", "arm64", "dot product, half precision", Arm, ProcessorClass.Arm64DotProd),
    ];

    /// <summary>Names of one processor of each class that can be emulated.</summary>
    internal static IReadOnlyList<string> Usual { get; } =
        [.. All.Where(one => one.IsEmulated).DistinctBy(one => one.Class).Select(one => one.Name)];

    /// <summary>Their names, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(one => one.Name));

    /// <summary>The one of that name, or null.</summary>
    public static LabProcessor? Find(string name) => All.FirstOrDefault(one => one.Name == name);

    /// <summary>Those of the names, this machine first.</summary>
    internal static IReadOnlyList<LabProcessor> Asked(IReadOnlyList<string> names) =>
        [.. All.Where(one => one == Native || names.Contains(one.Name))];

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
        Architecture.Arm64 when Dp.IsSupported => "arm64, dot product",
        var architecture => architecture.ToString().ToLowerInvariant(),
    };

    private static string? NativeClass()
    {
        (string Name, bool Has)[] known =
        [
            ("avx", Avx.IsSupported),
            ("avx2", Avx2.IsSupported),
            ("fma", Fma.IsSupported),
            ("avx512f", Avx512F.IsSupported),
            ("avx512bw", Avx512BW.IsSupported),
            ("avx512dq", Avx512DQ.IsSupported),
            ("avx512vl", Avx512F.VL.IsSupported),
            ("avx512vnni", HasVnni()),
            ("avxvnni", AvxVnni.IsSupported),
            ("dotprod", Dp.IsSupported),
        ];
        return ProcessorClass.Of(
            RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            known.Where(one => one.Has).Select(one => one.Name));
    }

    private static bool HasVnni()
    {
        // Leaf 7: bit 11 of ECX.
        const int ExtendedFeatures = 7;
        const int Bit = 11;
        return Avx512BW.IsSupported && X86Base.IsSupported && ((X86Base.CpuId(ExtendedFeatures, 0).Ecx >> Bit) & 1) == 1;
    }
}
