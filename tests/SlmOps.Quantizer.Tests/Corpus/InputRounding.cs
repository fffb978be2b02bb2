using Google.Protobuf.Collections;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>
/// Rounds a value to 256 levels over its range and back, as DynamicQuantizeLinear is documented to do, with operators that
/// mean the same in every opset.
/// </summary>
internal sealed class InputRounding(RepeatedField<NodeProto> nodes, int at, string prefix)
{
    // Adding and taking away 1.5 · 2²³ leaves the nearest whole number, ties to even.
    private const float Rounder = 12582912f;
    private int _at = at;
    private int _next;

    internal string Add(string input, bool half)
    {
        input = half ? Node("Cast", [input], GraphBuilder.Int("to", GraphBuilder.Float)) : input;
        var (zero, most, rounder) = (Scalar(0), Scalar(255), Scalar(Rounder));
        var low = Node("Min", [Reduce("ReduceMin", input), zero]);
        var high = Node("Max", [Reduce("ReduceMax", input), zero]);
        var range = Node("Sub", [high, low]);
        // An input of zeros has no range; any scale will do.
        var scale = Node("Div", [Node("Max", [range, Scalar(1e-30f)]), most]);
        var start = Node("Sub", [zero, Node("Div", [low, scale])]);
        var point = Round(Node("Min", [Node("Max", [start, zero]), most]), rounder);
        var code = Node("Add", [Round(Node("Div", [input, scale]), rounder), point]);
        var held = Node("Min", [Node("Max", [code, zero]), most]);
        var rounded = Node("Mul", [Node("Sub", [held, point]), scale]);
        return half ? Node("Cast", [rounded], GraphBuilder.Int("to", GraphBuilder.Half)) : rounded;
    }

    private string Round(string value, string rounder) => Node("Sub", [Node("Add", [value, rounder]), rounder]);

    private string Reduce(string op, string input) => Node(op, [input], GraphBuilder.Int("keepdims", 0));

    private string Scalar(float value) => Node("Constant", [], GraphBuilder.Of("value", GraphBuilder.Tensor("", [value])));

    private string Node(string op, string[] inputs, params AttributeProto[] attributes)
    {
        var output = $"{prefix}_{_next++}";
        var node = new NodeProto { OpType = op };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes);
        nodes.Insert(_at++, node);
        return output;
    }
}
