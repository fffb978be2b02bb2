using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>
/// What a MatMul or Gemm turns into around its quantized core: the core takes A and makes A·W with the node's own name,
/// and the parts of Gemm that the core lacks follow it.
/// </summary>
internal static class ProductNodes
{
    /// <param name="use">The node and its view of the weight.</param>
    /// <param name="scope">Where the new nodes are collected.</param>
    /// <param name="index">Names of the model.</param>
    /// <param name="coreType">Element type the core computes in.</param>
    /// <param name="takesBias">True when the core can add a vector of N values.</param>
    /// <param name="core">Writes the core: input, bias or null, output.</param>
    internal static List<WireWriter> Build(
        WeightUse use, NodeScope scope, ValueIndex index, ElementType coreType, bool takesBias, Action<string, string?, string> core)
    {
        var node = use.Node;
        var input = node.Inputs[0];
        if (use.Kind == UseKind.Gemm && node.Attribute("transA") is { Int: not 0 })
        {
            input = scope.Add("Transpose", "a", [input], NodeAttribute.Of("perm", 1, 0));
        }

        if (use.Type != coreType)
        {
            input = scope.Cast(input, coreType, "input");
        }

        var after = new List<Action<string, string>>();
        if (use.Type != coreType)
        {
            after.Add((from, to) => scope.AddTo(to, "Cast", "", "output_cast", [from], NodeAttribute.Of("to", (long)use.Type)));
        }

        if (use.UnitDims > 0)
        {
            after.Add((from, to) => Unsqueeze(scope, from, to, use.UnitDims));
        }

        string? bias = null;
        if (use.Kind == UseKind.Gemm && node.Inputs.Count > 2 && node.Inputs[2].Length > 0)
        {
            var beta = node.Attribute("beta")?.Float ?? 1f;
            if (takesBias && beta == 1 && use.Type == coreType && IsVector(index, node, use.View.N))
            {
                bias = node.Inputs[2];
            }
            else if (beta != 0)
            {
                after.Add((from, to) => AddBias(scope, use, from, to, beta));
            }
        }

        var result = node.Outputs[0];
        var value = after.Count == 0 ? result : scope.Value("product");
        core(input, bias, value);
        for (var i = 0; i < after.Count; i++)
        {
            var next = i == after.Count - 1 ? result : scope.Value("step");
            after[i](value, next);
            value = next;
        }

        return scope.Nodes;
    }

    private static bool IsVector(ValueIndex index, OnnxNode node, int n) =>
        index.Resolve(node.Graph, node.Inputs[2]) is { Initializer: { } tensor, IsInput: false }
        && tensor.Dims.Count == 1
        && tensor.Dims[0] == n;

    private static void Unsqueeze(NodeScope scope, string from, string to, int count)
    {
        long[] axes = [.. Enumerable.Range(0, count).Select(i => (long)i)];
        if (scope.Opset >= 13)
        {
            scope.AddTo(to, "Unsqueeze", "", "unit", [from, scope.Ints("axes", axes)]);
        }
        else
        {
            scope.AddTo(to, "Unsqueeze", "", "unit", [from], NodeAttribute.Of("axes", axes));
        }
    }

    private static void AddBias(NodeScope scope, WeightUse use, string from, string to, float beta)
    {
        var bias = use.Node.Inputs[2];
        if (beta != 1)
        {
            bias = scope.Add("Mul", "beta_c", [bias, scope.Scalar("beta", use.Type, beta)]);
        }

        scope.AddTo(to, "Add", "", "bias", [from, bias]);
    }
}
