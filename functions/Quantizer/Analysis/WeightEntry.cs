using System.Collections.Immutable;
using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

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

/// <summary>A stored constant and everything that uses it.</summary>
/// <param name="tensor">The stored tensor.</param>
/// <param name="source">The value it defines.</param>
/// <param name="uses">Operators that a quantized form exists for.</param>
/// <param name="blockers">Why some uses need the float values.</param>
/// <param name="operators">Every operator that reads it, sorted.</param>
internal sealed class WeightEntry(
    OnnxTensor tensor, ValueSource source, ImmutableList<WeightUse> uses, ImmutableList<string> blockers, IEnumerable<string> operators)
{
    internal OnnxTensor Tensor { get; } = tensor;

    internal ValueSource Source { get; } = source;

    internal ImmutableList<WeightUse> Uses { get; } = uses;

    internal ImmutableList<string> Blockers { get; } = blockers;

    internal string Name => Source.Name;

    internal string OperatorText { get; } = operators.Any() ? string.Join(", ", operators) : "unused";
}
