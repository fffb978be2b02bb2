using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>The K × N matrix that a node of the corpus multiplies by, found by rules of its own.</summary>
internal static class FloatWeight
{
    /// <param name="node">MatMul, Gemm or Gather; a table comes out as K × N of width × rows.</param>
    /// <param name="scope">Where the node is.</param>
    /// <param name="tensors">All tensors of the original model.</param>
    /// <param name="rank">Rank of the weight as the node sees it.</param>
    /// <param name="half">True when the node computes in float16.</param>
    internal static double[] Of(NodeProto node, Scope scope, StoredTensors tensors, out int rank, out bool half)
    {
        var (values, dims, type) = Follow(node.Input[node.OpType == "Gather" ? 0 : 1], scope, tensors);
        (rank, half) = (dims.Length, type == GraphBuilder.Half);
        var turned = node.OpType == "Gather" || (node.OpType == "Gemm" && node.Attribute.Any(a => a is { Name: "transB", I: 1 }));
        var alpha = node.OpType == "Gemm" ? node.Attribute.FirstOrDefault(a => a.Name == "alpha")?.F ?? 1f : 1f;
        var matrix = turned ? Turn(values, (int)dims[^2], (int)dims[^1]) : values;
        return [.. matrix.Select(v => v * (double)alpha)];
    }

    private static (float[] Values, long[] Dims, int Type) Follow(string name, Scope scope, StoredTensors tensors)
    {
        var node = scope.Producer(name);
        if (node is null || node.OpType == "Constant")
        {
            var tensor = scope.Tensor(name) ?? tensors.Find(name)!;
            return (tensors.Floats(tensor), [.. tensor.Dims], tensor.DataType);
        }

        var (values, dims, type) = Follow(node.Input[0], scope, tensors);
        switch (node.OpType)
        {
            case "Transpose":
                return (Turn(values, (int)dims[0], (int)dims[1]), [dims[1], dims[0]], type);
            case "Reshape":
                var shape = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(tensors.Bytes(node.Input[1])).ToArray();
                var known = shape.Where(d => d > 0).Aggregate(1L, (a, d) => a * d);
                return (values, [.. shape.Select(d => d < 0 ? values.Length / known : d)], type);
            case "Cast":
                return (values, dims, (int)node.Attribute.Single(a => a.Name == "to").I);
            default:
                return (values, dims, type);
        }
    }

    private static float[] Turn(float[] values, int rows, int columns) => Weights.Transposed(values, rows, columns);
}
