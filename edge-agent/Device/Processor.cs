using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SlmOps.EdgeAgent.Device;

/// <summary>What the processor can, of what ONNX Runtime chooses its kernels by.</summary>
internal static class Processor
{
    internal static IReadOnlyList<string> InstructionSets()
    {
        (string Name, bool Has)[] known =
        [
            ("sse4.2", Sse42.IsSupported),
            ("avx", Avx.IsSupported),
            ("avx2", Avx2.IsSupported),
            ("fma", Fma.IsSupported),
            ("avx512f", Avx512F.IsSupported),
            ("avx512bw", Avx512BW.IsSupported),
            ("avx512dq", Avx512DQ.IsSupported),
            ("avx512vl", Avx512F.VL.IsSupported),
            ("avx512vnni", HasAvx512Vnni),
            ("avxvnni", AvxVnni.IsSupported),
            ("neon", AdvSimd.IsSupported),
            ("dotprod", Dp.IsSupported),
        ];
        return [.. known.Where(one => one.Has).Select(one => one.Name)];
    }

    // .NET names no instruction of it, so the processor is asked itself: leaf 7, bit 11 of ECX. That the system saves the
    // registers is what Avx512F stands for.
    private static bool HasAvx512Vnni =>
        Avx512F.IsSupported && X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;
}
