using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

/// <summary>
/// Quantized products that ONNX Runtime opens without a word and then computes wrong, very slowly, or not at all; seen up to
/// 1.31.1. docs/processors.md has the table.
/// </summary>
internal sealed class SuspectProducts(OnnxModel model, ValueIndex index)
{
    private const int ZeroPoints = 3;
    private const int GroupIndex = 4;
    private const long DefaultBits = 4;

    internal IEnumerable<string> Find() =>
        from graph in model.AllGraphs
        from node in graph.Nodes
        where node is { Domain: "com.microsoft", OpType: "MatMulNBits" }
        from what in Of(node)
        select what;

    private IEnumerable<string> Of(OnnxNode node)
    {
        var bits = node.Attribute("bits")?.Int ?? DefaultBits;
        var block = node.Attribute("block_size")?.Int ?? 0;
        var ordered = Has(node, GroupIndex);
        switch (bits)
        {
            case 4 when ordered && Has(node, ZeroPoints) && !IsFloat(node, ZeroPoints):
                yield return $"ONNX Runtime ignores the zero points of {node}: it has g_idx and packed zero points of 4 bits, and its "
                    + "numbers are wrong without an error";
                break;
            case 2 when ordered:
                yield return $"ONNX Runtime computes {node} wrong without an error: it has 2 bits and g_idx";
                break;
            case 8 when ordered:
                yield return $"ONNX Runtime opens {node} and fails when it runs: it has 8 bits and g_idx";
                break;
            case 8 when Has(node, ZeroPoints) && IsFloat(node, ZeroPoints):
                yield return $"ONNX Runtime opens {node} and fails when it runs: it has 8 bits and zero points that are no whole numbers";
                break;
        }

        if (bits == 2 && block is 16 or 256)
        {
            yield return $"ONNX Runtime computes {node} 60 to 100 times slower than with blocks of 32: it has 2 bits in blocks of {block}";
        }
    }

    private static bool Has(OnnxNode node, int input) => node.Inputs.Count > input && node.Inputs[input].Length > 0;

    private bool IsFloat(OnnxNode node, int input)
    {
        var source = index.Resolve(node.Graph, node.Inputs[input]);
        var type = source?.Initializer?.Type ?? (source is null ? null : index.TypeOf(source)?.Type);
        return type is ElementType.Float or ElementType.Float16 or ElementType.BFloat16 or ElementType.Double;
    }
}
