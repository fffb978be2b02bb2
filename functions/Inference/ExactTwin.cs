using System.Text;

namespace SlmOps.Inference;

/// <summary>A graph whose products of quantized weights are computed in float32, made of the bytes of one that leaves it open.</summary>
internal static class ExactTwin
{
    /// <summary>A graph with its weights inside is not held twice beyond this.</summary>
    internal const long MaxBytes = 512L << 20;

    private const byte RoundedInputs = 4;
    private const byte Float32 = 1;

    // An attribute as every writer puts it: field 1, the name; field 3, the integer. onnx.proto, AttributeProto.
    private static readonly byte[] Attribute = [0x0A, 14, .. Encoding.ASCII.GetBytes("accuracy_level"), 0x18, RoundedInputs];

    /// <summary>Changes the graph; false when it has no such node.</summary>
    internal static bool Rewrite(Span<byte> graph)
    {
        var found = false;
        for (var at = graph.IndexOf(Attribute); at >= 0; at = graph.IndexOf(Attribute))
        {
            graph[at + Attribute.Length - 1] = Float32;
            graph = graph[(at + Attribute.Length)..];
            found = true;
        }

        return found;
    }
}
