using System.Text;

namespace SlmOps.Inference.Smoke;

/// <summary>Tells whether a graph rounds what it computes with to few bits, on some processors or on all.</summary>
internal static class RoundedGraph
{
    // Parts of the names of all operators that do: MatMulNBits, MatMulInteger, ConvInteger, DynamicQuantizeLinear,
    // QuantizeLinear, QLinearMatMul, QLinearConv, QAttention, QGemm, DynamicQuantizeMatMul and so on.
    private static readonly byte[][] Names =
    [
        .. new[] { "QuantizeLinear", "NBits", "Integer", "QLinear", "QAttention", "QGemm", "DynamicQuantize" }
            .Select(Encoding.ASCII.GetBytes),
    ];

    /// <summary>True when the bytes of the graph name such an operator; a graph too large to look through counts as one.</summary>
    internal static bool Is(string modelPath) => new FileInfo(modelPath).Length > ExactTwin.MaxBytes || Is(File.ReadAllBytes(modelPath));

    internal static bool Is(byte[] graph) => Names.Any(name => graph.AsSpan().IndexOf(name) >= 0);
}
