using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Names of the stored parts as the nodes use them.</summary>
/// <param name="Codes">Codes [N, blocks, bytes], or [N, bytes] when only Gather uses them.</param>
/// <param name="Scales">Scales [N, blocks].</param>
/// <param name="ZeroPoints">Packed zero points by the graph that they lie in; empty for symmetric blocks.</param>
/// <param name="GatherScales">Scales [N, blocks, 1] over the same bytes, for a table that is shared.</param>
/// <param name="GatherZeroPoints">Zero points of that shape, or null.</param>
internal sealed record BlockNames(
    string Codes,
    string Scales,
    IReadOnlyDictionary<OnnxGraph, string> ZeroPoints,
    string? GatherScales,
    string? GatherZeroPoints);

internal static class BlockNodes
{
    private const string Contrib = KnownOperators.Contrib;

    internal static List<WireWriter> Build(
        WeightUse use,
        BlockScheme scheme,
        BlockNames names,
        string? zeroPoints,
        OnnxModel model,
        ValueIndex index,
        RankFinder ranks,
        ReadOnlySpan<byte> data)
    {
        var scope = new NodeScope(use.Node, model, index);
        if (use.Kind == UseKind.Gather)
        {
            Gather(use, scheme, names, zeroPoints, scope, ranks, data);
            return scope.Nodes;
        }

        // The span cannot enter the lambda; the core's place among the nodes is kept instead.
        (string Input, string? Bias, string Output)? core = null;
        var at = 0;
        ProductNodes.Build(use, scope, index, scheme.ScaleType, takesBias: true, (input, bias, output) =>
        {
            core = (input, bias, output);
            at = scope.Nodes.Count;
        });
        scope.Nodes.Insert(at, Product(use, scheme, names, zeroPoints, core!.Value, data));
        return scope.Nodes;
    }

    private static WireWriter Product(
        WeightUse use,
        BlockScheme scheme,
        BlockNames names,
        string? zeroPoints,
        (string Input, string? Bias, string Output) core,
        ReadOnlySpan<byte> data)
    {
        string[] inputs = core.Bias is { } bias
            ? [core.Input, names.Codes, names.Scales, zeroPoints ?? "", "", bias]
            : zeroPoints is { } zero ? [core.Input, names.Codes, names.Scales, zero] : [core.Input, names.Codes, names.Scales];
        return NodeWriter.Instead(
            use.Node, data, "MatMulNBits", Contrib, inputs, [core.Output],
            NodeAttribute.Of("K", use.View.K), NodeAttribute.Of("N", use.View.N), NodeAttribute.Of("bits", scheme.Bits),
            NodeAttribute.Of("block_size", scheme.BlockSize), NodeAttribute.Of("accuracy_level", (long)scheme.AccuracyLevel));
    }

    private static void Gather(
        WeightUse use, BlockScheme scheme, BlockNames names, string? zeroPoints, NodeScope scope, RankFinder ranks, ReadOnlySpan<byte> data)
    {
        var node = use.Node;
        var shared = names.GatherScales is not null;
        var cast = use.Type != scheme.ScaleType;
        var result = node.Outputs[0];
        var picked = shared || cast ? scope.Value("rows") : result;
        string[] inputs = [names.Codes, node.Inputs[1], names.GatherScales ?? names.Scales];
        if ((shared ? names.GatherZeroPoints : zeroPoints) is { } zero)
        {
            inputs = [.. inputs, zero];
        }

        scope.Nodes.Add(NodeWriter.Instead(
            node, data, "GatherBlockQuantized", Contrib, inputs, [picked],
            NodeAttribute.Of("bits", scheme.Bits), NodeAttribute.Of("block_size", scheme.BlockSize),
            NodeAttribute.Of("gather_axis", 0), NodeAttribute.Of("quantize_axis", shared ? 2 : 1)));
        if (shared)
        {
            // The shared table has a dimension of blocks; only the few picked rows are joined again.
            var joined = cast ? scope.Value("joined") : result;
            scope.AddTo(joined, "Reshape", "", "join", [picked, Shape(use, scope, ranks)]);
            picked = joined;
        }

        if (cast)
        {
            scope.AddTo(result, "Cast", "", "output_cast", [picked], NodeAttribute.Of("to", (long)use.Type));
        }
    }

    private static string Shape(WeightUse use, NodeScope scope, RankFinder ranks)
    {
        var indices = use.Node.Inputs[1];
        if (ranks.Of(use.Node.Graph, indices) is { } rank)
        {
            var shape = new long[rank + 1];
            shape[rank] = use.View.K;
            return scope.Ints("shape", shape);
        }

        var lead = scope.Add("Shape", "lead", [indices]);
        return scope.Add("Concat", "shape", [lead, scope.Ints("width", use.View.K)], NodeAttribute.Of("axis", 0L));
    }
}
