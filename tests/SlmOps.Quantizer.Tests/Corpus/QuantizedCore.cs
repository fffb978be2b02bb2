using System.Runtime.InteropServices;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>A node of the output that multiplies by or picks rows of codes, and its weight in float64 by the operator's documentation.</summary>
internal sealed class QuantizedCore
{
    private const int Hops = 8;
    private readonly StoredTensors _tensors;

    private QuantizedCore(NodeProto node, StoredTensors tensors, double[] weight, int k, int n)
    {
        (Node, _tensors, Weight, K, N) = (node, tensors, weight, k, n);
    }

    internal NodeProto Node { get; }

    /// <summary>K × N in row order.</summary>
    internal double[] Weight { get; }

    internal int K { get; }

    internal int N { get; }

    internal bool IsDynamic => Node.OpType is "MatMulInteger" or "DynamicQuantizeMatMul";

    internal bool HasZeroPoints => Node.Input.Count > 3 && Node.Input[3].Length > 0;

    /// <summary>True for columns of 7 bits.</summary>
    internal bool Reduced { get; private init; }

    internal bool IsGather => Node.OpType == "GatherBlockQuantized";

    internal bool IsHalf => !IsDynamic && _tensors.Find(Node.Input[2])!.DataType == GraphBuilder.Half;

    internal StoredTensors Tensors => _tensors;

    internal long Attribute(string name) => Node.Attribute.Single(a => a.Name == name).I;

    /// <summary>Follows the value of an original node back to the quantized node that makes it now; null when it was left alone.</summary>
    internal static QuantizedCore? Behind(string value, Scope scope, StoredTensors tensors)
    {
        var node = scope.Producer(value);
        for (var i = 0; i < Hops && node is not null; i++)
        {
            switch (node.OpType)
            {
                case "MatMulNBits":
                    return Blocks(node, tensors);
                case "GatherBlockQuantized":
                    return Table(node, tensors);
                case "MatMulInteger" or "DynamicQuantizeMatMul":
                    return Columns(node, scope, tensors);
                case "MatMul" or "Gemm" or "Gather" or "Identity" or "Constant":
                    return null;
            }

            node = node.Input.Count > 0 ? scope.Producer(node.Input[0]) : null;
        }

        return null;
    }

    private static QuantizedCore Blocks(NodeProto node, StoredTensors tensors)
    {
        long Attribute(string name) => node.Attribute.Single(a => a.Name == name).I;
        var (k, n, bits, size) = ((int)Attribute("K"), (int)Attribute("N"), (int)Attribute("bits"), (int)Attribute("block_size"));
        var zeros = node.Input.Count > 3 && node.Input[3].Length > 0 ? node.Input[3] : null;
        return new QuantizedCore(node, tensors, Expand(tensors, node.Input[1], node.Input[2], zeros, k, n, bits, size), k, n);
    }

    private static QuantizedCore Table(NodeProto node, StoredTensors tensors)
    {
        long Attribute(string name) => node.Attribute.Single(a => a.Name == name).I;
        var (bits, size) = ((int)Attribute("bits"), (int)Attribute("block_size"));
        var rows = (int)tensors.Find(node.Input[0])!.Dims[0];
        var width = tensors.Bytes(node.Input[0]).Length / rows * 8 / bits;
        var zeros = node.Input.Count > 3 && node.Input[3].Length > 0 ? node.Input[3] : null;
        return new QuantizedCore(node, tensors, Expand(tensors, node.Input[0], node.Input[2], zeros, width, rows, bits, size), width, rows);
    }

    private static QuantizedCore Columns(NodeProto node, Scope scope, StoredTensors tensors)
    {
        var codes = tensors.Find(node.Input[1])!;
        var (k, n) = ((int)codes.Dims[0], (int)codes.Dims[1]);
        // Of MatMulInteger the scales come two steps later: Cast, then Mul with the product of both scales.
        var scales =
            node.OpType == "DynamicQuantizeMatMul" ? node.Input[2]
            : scope
                .Nodes.First(m =>
                    m.OpType == "Mul" && m.Input[0] == scope.Nodes.First(c => c.OpType == "Cast" && c.Input[0] == node.Output[0]).Output[0])
                .Input[1]
                is var both
                ? scope.Producer(both)!.Input[1]
            : "";
        var zero = node.Input.Count > 3 && node.Input[3].Length > 0 ? tensors.Bytes(node.Input[3])[0] : 0;
        var (bytes, scale) = (tensors.Bytes(codes), tensors.Floats(tensors.Find(scales)!));
        var weight = new double[k * n];
        for (var i = 0; i < weight.Length; i++)
        {
            weight[i] = ((codes.DataType == 3 ? (sbyte)bytes[i] : bytes[i]) - zero) * (double)scale[i % n];
        }

        return new QuantizedCore(node, tensors, weight, k, n)
        {
            Reduced = codes.DataType == 3 && bytes.All(b => Math.Abs((int)(sbyte)b) <= 63),
        };
    }

    private static double[] Expand(
        StoredTensors tensors,
        string codesName,
        string scalesName,
        string? zerosName,
        int k,
        int n,
        int bits,
        int size) =>
        BlockCodes.Expand(
            tensors.Bytes(codesName),
            tensors.Floats(tensors.Find(scalesName)!),
            zerosName is null ? null : tensors.Bytes(zerosName),
            k,
            n,
            bits,
            size);
}
