namespace SlmOps.Contracts;

/// <summary>
/// Classes of processors: those of one class run the same kernels of ONNX Runtime, and so give the same numbers for a
/// variant; those of different classes differ by rounding. docs/processors.md says by how much.
/// </summary>
public static class ProcessorClass
{
    /// <summary>x86-64 with SSE4.2 at most.</summary>
    public const string X64V2 = "x86-64-v2";

    /// <summary>x86-64 with AVX and without AVX2.</summary>
    public const string X64Avx = "x86-64-avx";

    /// <summary>x86-64 with AVX2 and FMA.</summary>
    public const string X64V3 = "x86-64-v3";

    /// <summary>The same with VNNI in registers of 256 bits.</summary>
    public const string X64V3Vnni = "x86-64-v3-vnni";

    /// <summary>x86-64 with AVX-512 (F, BW, DQ, VL).</summary>
    public const string X64V4 = "x86-64-v4";

    /// <summary>The same with AVX-512 VNNI.</summary>
    public const string X64V4Vnni = "x86-64-v4-vnni";

    /// <summary>arm64 without dot product, such as a Cortex-A72.</summary>
    public const string Arm64 = "arm64";

    /// <summary>arm64 with dot product, such as a Cortex-A76.</summary>
    public const string Arm64DotProd = "arm64-dotprod";

    /// <summary>Every class, in the order of what they can.</summary>
    public static IReadOnlyList<string> All { get; } = [X64V2, X64Avx, X64V3, X64V3Vnni, X64V4, X64V4Vnni, Arm64, Arm64DotProd];

    /// <summary>The class of a processor; null for another architecture, of which nothing is known.</summary>
    /// <param name="architecture">Such as <c>x64</c> or <c>arm64</c>.</param>
    /// <param name="instructionSets">Names as in <see cref="DeviceInventory.InstructionSets"/>.</param>
    public static string? Of(string architecture, IEnumerable<string> instructionSets)
    {
        var sets = instructionSets.ToHashSet(StringComparer.Ordinal);
        return architecture switch
        {
            "arm64" => sets.Contains("dotprod") ? Arm64DotProd : Arm64,
            "x64" when sets.Contains("avx512f") && sets.Contains("avx512bw") && sets.Contains("avx512dq") && sets.Contains("avx512vl") =>
                sets.Contains("avx512vnni") ? X64V4Vnni : X64V4,
            "x64" when sets.Contains("avx2") && sets.Contains("fma") => sets.Contains("avxvnni") ? X64V3Vnni : X64V3,
            "x64" => sets.Contains("avx") ? X64Avx : X64V2,
            _ => null,
        };
    }
}
