using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>Finds how many dimensions a value has from declared shapes and the operators that keep or set the rank.</summary>
internal sealed class RankFinder(ValueIndex index, ConstantInts constants)
{
    private const int MaxSteps = 200;
    private readonly Dictionary<ValueSource, int?> _known = [];

    internal int? Of(OnnxGraph graph, string name) => Of(graph, name, 0);

    private int? Of(OnnxGraph graph, string name, int depth)
    {
        if (depth > MaxSteps || index.Resolve(graph, name) is not { } source)
        {
            return null;
        }

        if (_known.TryGetValue(source, out var rank))
        {
            return rank;
        }

        // An entry before the recursion ends any loop that a damaged graph might hold.
        _known[source] = null;
        rank = index.TypeOf(source) is { Shape: { } shape } ? shape.Count
            : source.Initializer is { } tensor ? tensor.Dims.Count
            : source.Node is { } node ? OfNode(node, source, depth + 1) : null;
        _known[source] = rank;
        return rank;
    }

    private int? OfNode(OnnxNode node, ValueSource output, int depth)
    {
        if (node.Inputs.Count == 0 || node.Outputs[0] != output.Name)
        {
            return node.Is("Constant") ? node.Attribute("value")?.Tensor?.Dims.Count : null;
        }

        int? Input(int i) => i < node.Inputs.Count && node.Inputs[i].Length > 0 ? Of(node.Graph, node.Inputs[i], depth) : null;
        switch (node.OpType)
        {
            case "Relu"
            or "Sigmoid"
            or "Tanh"
            or "Erf"
            or "Gelu"
            or "Softmax"
            or "LogSoftmax"
            or "Cast"
            or "Identity"
            or "Transpose"
            or "Dropout"
            or "Sqrt"
            or "Exp"
            or "Neg"
            or "Abs"
            or "Clip"
            or "LeakyRelu"
            or "Elu"
            or "HardSwish"
            or "HardSigmoid"
            or "Softplus"
            or "LayerNormalization"
            or "RMSNormalization"
            or "SimplifiedLayerNormalization"
            or "SkipLayerNormalization"
            or "SkipSimplifiedLayerNormalization"
            or "FastGelu"
            or "QuickGelu"
            or "BiasGelu"
            or "DequantizeLinear"
            or "Conv"
            or "Pad"
            or "Slice"
            or "BatchNormalization"
            or "InstanceNormalization"
            or "CumSum"
            or "Trilu"
            or "Concat"
            or "Split"
            or "MatMulNBits":
                return Input(0);
            case "Add" or "Sub" or "Mul" or "Div" or "Pow":
                return Input(0) is { } a && Input(1) is { } b ? Math.Max(a, b) : null;
            case "MatMul":
                return Input(0) is { } left && Input(1) is { } right && left > 1 && right > 1 ? Math.Max(left, right) : null;
            case "Gemm" or "Flatten":
                return 2;
            case "Gather":
                return Input(0) is { } data && Input(1) is { } picks ? data + picks - 1 : null;
            case "Reshape":
                return node.Inputs.Count > 1 ? constants.Read(node.Graph, node.Inputs[1])?.Length : node.Attribute("shape")?.Ints?.Count;
            case "Unsqueeze":
                return
                    (
                        node.Attribute("axes")?.Ints?.Count
                        ?? (node.Inputs.Count > 1 ? constants.Read(node.Graph, node.Inputs[1])?.Length : null))
                        is { } added
                    ? Input(0) + added
                    : null;
            default:
                return null;
        }
    }
}
