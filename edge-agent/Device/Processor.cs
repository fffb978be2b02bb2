using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SlmOps.EdgeAgent.Device;

/// <summary>
/// What the processor can, of what ONNX Runtime chooses its kernels by. The processor and the system are asked: what .NET calls
/// supported is, in a program compiled ahead of time, what the compiler was allowed to use.
/// </summary>
internal static partial class Processor
{
    // Intel SDM, CPUID: leaf 13 says how many bytes the registers take that the system saves.
    private const int SavedWithAvx = 832;
    private const int SavedWithAvx512 = 2688;

    // Linux, asm/hwcap.h of arm64 and getauxval(3).
    private const nuint HardwareCapabilities = 16;
    private const nuint Neon = 1 << 1;
    private const nuint DotProduct = 1 << 20;

    internal static IReadOnlyList<string> InstructionSets() =>
        X86Base.IsSupported ? X64() : RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Arm() : [];

    private static List<string> X64()
    {
        var most = X86Base.CpuId(0, 0).Eax;
        var (_, _, first, _) = X86Base.CpuId(1, 0);
        var seventh = most >= 7 ? X86Base.CpuId(7, 0) : default;
        var more = seventh.Eax >= 1 ? X86Base.CpuId(7, 1) : default;
        var saved = most >= 13 && Has(first, 27) ? X86Base.CpuId(13, 0).Ebx : 0;
        var (avx, avx512) = (saved >= SavedWithAvx, saved >= SavedWithAvx512);
        (string Name, bool Has)[] known =
        [
            ("sse4.2", Has(first, 20)),
            ("avx", avx && Has(first, 28)),
            ("avx2", avx && Has(seventh.Ebx, 5)),
            ("fma", avx && Has(first, 12)),
            ("avx512f", avx512 && Has(seventh.Ebx, 16)),
            ("avx512bw", avx512 && Has(seventh.Ebx, 30)),
            ("avx512dq", avx512 && Has(seventh.Ebx, 17)),
            ("avx512vl", avx512 && Has(seventh.Ebx, 31)),
            ("avx512vnni", avx512 && Has(seventh.Ecx, 11)),
            ("avxvnni", avx && Has(more.Eax, 4)),
        ];
        return [.. known.Where(one => one.Has).Select(one => one.Name)];
    }

    private static List<string> Arm()
    {
        var has = OperatingSystem.IsLinux() ? AuxiliaryValue(HardwareCapabilities) : (Dp.IsSupported ? DotProduct : 0) | Neon;
        (string Name, nuint Bit)[] known = [("neon", Neon), ("dotprod", DotProduct)];
        return [.. known.Where(one => (has & one.Bit) != 0).Select(one => one.Name)];
    }

    private static bool Has(int register, int bit) => (register & (1 << bit)) != 0;

    [LibraryImport("libc", EntryPoint = "getauxval")]
    private static partial nuint AuxiliaryValue(nuint type);
}
