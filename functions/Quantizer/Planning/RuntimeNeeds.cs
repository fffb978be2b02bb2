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
    private static readonly Version FourBits = new(1, 18, 0);

    // 1.19 gives wrong numbers for float16 on processors with AVX-512.
    private static readonly Version Half = new(1, 20, 0);

    private static readonly Version Bias = new(1, 19, 0);
    private static readonly Version EightBits = new(1, 22, 0);
    private static readonly Version Tables = new(1, 23, 0);

    internal static Version Of(WeightUse use, BlockScheme scheme) =>
        use.Kind == UseKind.Gather ? Tables
        : scheme.Bits == 8 ? EightBits
        : scheme.ScaleType == ElementType.Float16 ? Half
        : use.Kind == UseKind.Gemm && use.Node.Inputs.Count > 2 ? Bias : FourBits;
}
