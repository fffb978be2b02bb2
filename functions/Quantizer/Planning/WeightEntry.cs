using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Planning;

internal enum UseKind
{
    MatMul,
    Gemm,
    Gather,
}

/// <summary>An operator that a quantized form exists for, and how it sees the weight.</summary>
/// <param name="Node">The node.</param>
/// <param name="Kind">Which operator.</param>
/// <param name="View">The weight as this node uses it.</param>
/// <param name="Type">Element type the node computes in.</param>
/// <param name="UnitDims">Leading dimensions of size one that MatMul would put on its output.</param>
internal sealed record WeightUse(OnnxNode Node, UseKind Kind, WeightView View, ElementType Type, int UnitDims);

/// <summary>A stored floating-point constant and everything that uses it.</summary>
internal sealed class WeightEntry
{
    internal required OnnxTensor Tensor { get; init; }

    internal required ValueSource Source { get; init; }

    internal List<WeightUse> Uses { get; } = [];

    /// <summary>Why some uses need the float values.</summary>
    internal List<string> Blockers { get; } = [];

    internal SortedSet<string> Operators { get; } = new(StringComparer.Ordinal);

    internal string Name => Source.Name;

    internal string OperatorText => Operators.Count == 0 ? "unused" : string.Join(", ", Operators);

    internal int Rank => Tensor.Dims.Count(d => d != 1);
}
