using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>
/// Products of dynamically quantized inputs: DynamicQuantizeLinear, MatMulInteger, Cast and Mul, which ONNX Runtime fuses.
/// Products that share an input share its quantization.
/// </summary>
internal sealed class ColumnNodes(OnnxModel model, ValueIndex index)
{
    private readonly Dictionary<(OnnxGraph, string), (OnnxNode Host, string Value, string Scale, string ZeroPoint)> _shared = [];

    /// <summary>Notes all uses first, so that an input is quantized before the earliest node that needs it.</summary>
    internal void Expect(IEnumerable<WeightUse> uses)
    {
        foreach (var use in uses)
        {
            var key = (use.Node.Graph, use.Node.Inputs[0]);
            if (!_shared.TryGetValue(key, out var known))
            {
                var name = use.Node.Inputs[0];
                _shared[key] = (use.Node, index.NewName($"{name}_q8"), index.NewName($"{name}_q8_scale"), index.NewName($"{name}_q8_zp"));
            }
            else if (use.Node.Index < known.Host.Index)
            {
                _shared[key] = known with { Host = use.Node };
            }
        }
    }

    internal List<WireWriter> Build(WeightUse use, string codes, string scales, string? zeroPoint, ReadOnlySpan<byte> data)
    {
        var scope = new NodeScope(use.Node, model, index);
        (string Input, string Output)? core = null;
        var at = 0;
        ProductNodes.Build(use, scope, index, ElementType.Float, takesBias: false, (input, _, output) =>
        {
            core = (input, output);
            at = scope.Nodes.Count;
        });
        var after = scope.Nodes[at..];
        scope.Nodes.RemoveRange(at, after.Count);
        Core(use, scope, codes, scales, zeroPoint, core!.Value, data);
        scope.Nodes.AddRange(after);
        return scope.Nodes;
    }

    private void Core(
        WeightUse use,
        NodeScope scope,
        string codes,
        string scales,
        string? zeroPoint,
        (string Input, string Output) core,
        ReadOnlySpan<byte> data)
    {
        if (scope.Opset < 11)
        {
            scope.Nodes.Add(
                NodeWriter.Instead(
                    use.Node,
                    data,
                    "DynamicQuantizeMatMul",
                    "com.microsoft",
                    zeroPoint is null ? [core.Input, codes, scales] : [core.Input, codes, scales, zeroPoint],
                    [core.Output]));
            return;
        }

        var (value, scale, zero) = Quantized(use, scope, core.Input);
        var sums = scope.Value("sums");
        scope.Nodes.Add(
            NodeWriter.Instead(
                use.Node,
                data,
                "MatMulInteger",
                "",
                zeroPoint is null ? [value, codes, zero] : [value, codes, zero, zeroPoint],
                [sums]));
        var real = scope.Cast(sums, ElementType.Float, "sums_float");
        var both = scope.Add("Mul", "scale", [scale, scales]);
        scope.AddTo(core.Output, "Mul", "", "rescale", [real, both]);
    }

    private (string Value, string Scale, string ZeroPoint) Quantized(WeightUse use, NodeScope scope, string input)
    {
        if (input != use.Node.Inputs[0])
        {
            var (own, ownScale, ownZero) = (scope.Value("q8"), scope.Value("q8_scale"), scope.Value("q8_zp"));
            scope.Nodes.Add(
                NodeWriter.Node("DynamicQuantizeLinear", "", index.NewName($"{scope.Base}_q8_node"), [input], [own, ownScale, ownZero]));
            return (own, ownScale, ownZero);
        }

        var (host, value, scale, zero) = _shared[(use.Node.Graph, input)];
        if (host == use.Node)
        {
            scope.Nodes.Add(NodeWriter.Node("DynamicQuantizeLinear", "", index.NewName($"{value}_node"), [input], [value, scale, zero]));
        }

        return (value, scale, zero);
    }
}
