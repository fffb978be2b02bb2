using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference;

/// <summary>Name, element type and dimensions of one graph input or output; -1 is an open dimension.</summary>
internal sealed record TensorPort(string Name, TensorElementType Type, IReadOnlyList<int> Dimensions, IReadOnlyList<string> Symbols)
{
    internal int Rank => Dimensions.Count;

    internal string ShapeText => "[" + string.Join(", ", Dimensions.Select((d, i) => d >= 0 ? $"{d}" : Symbol(i))) + "]";

    /// <summary>Tensors only: a graph's sequences and maps have no port.</summary>
    internal static Dictionary<string, TensorPort> From(IReadOnlyDictionary<string, NodeMetadata> metadata) => metadata
        .Where(entry => entry.Value.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR)
        .ToDictionary(
            entry => entry.Key,
            entry => new TensorPort(entry.Key, entry.Value.ElementDataType, entry.Value.Dimensions, entry.Value.SymbolicDimensions),
            StringComparer.Ordinal);

    internal string Symbol(int axis) => axis < Symbols.Count && Symbols[axis].Length > 0 ? Symbols[axis] : "?";
}
