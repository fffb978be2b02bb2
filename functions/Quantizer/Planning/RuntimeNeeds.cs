using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Planning;

/// <summary>The oldest ONNX Runtime whose CPU kernels take a quantized node, found by running outputs on old versions.</summary>
internal static class RuntimeNeeds
{
    /// <summary>What every output needs: the operators of the recipes that change stored values alone.</summary>
    internal static readonly Version Least = new(1, 8, 0);

    // 1.17 has the operator, and its process dies on processors with AVX-512.
    private static readonly Version s_fourBits = new(1, 18, 0);

    // 1.19 gives wrong numbers for float16 on processors with AVX-512.
    private static readonly Version s_half = new(1, 20, 0);

    private static readonly Version s_bias = new(1, 19, 0);
    private static readonly Version s_eightBits = new(1, 22, 0);
    private static readonly Version s_tables = new(1, 23, 0);

    internal static Version Of(WeightUse use, BlockScheme scheme) =>
        use.Kind == UseKind.Gather ? s_tables
        : scheme.Bits == 8 ? s_eightBits
        : scheme.ScaleType == ElementType.Float16 ? s_half
        : use.Kind == UseKind.Gemm && use.Node.Inputs.Count > 2 ? s_bias : s_fourBits;
}
