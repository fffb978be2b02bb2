using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>
/// The original graph, in float, with the weights that the output stores. What the output computes must be this very
/// function: a difference is a fault of the rewriting, never of the precision that the recipe chose.
/// </summary>
internal sealed class ReferenceModel
{
    private readonly ModelProto _model;
    private readonly StoredTensors _original;
    private readonly StoredTensors _output;
    private int _next;

    /// <param name="original">The original model; it is changed into the reference.</param>
    /// <param name="output">The quantizer's output.</param>
    /// <param name="folder">Folder of both.</param>
    internal ReferenceModel(ModelProto original, ModelProto output, string folder)
    {
        _model = original;
        _original = new StoredTensors(original, folder);
        _output = new StoredTensors(output, folder);
        foreach (var (before, after) in Scope.All(original).ToList().Zip(Scope.All(output).ToList()))
        {
            foreach (var node in before.Nodes.Where(n => n.OpType is "MatMul" or "Gemm" or "Gather").ToList())
            {
                if (QuantizedCore.Behind(node.Output[0], after, _output) is { } core)
                {
                    Cores.Add((core, FloatWeight.Of(node, before, _original, out var rank, out var half)));
                    IsHalf |= half;
                    Put(before, node, core, rank, half);
                }
            }

            StoreAsTheOutputDoes(before, after);
        }
    }

    internal ModelProto Model => _model;

    /// <summary>True when a quantized product computes in float16, so that the two forms agree to that only.</summary>
    internal bool IsHalf { get; private set; }

    /// <summary>Every quantized node with the K × N weight that the original has there.</summary>
    internal List<(QuantizedCore Core, double[] Weight)> Cores { get; } = [];

    /// <summary>Weights of fp16 and prune: values before and after.</summary>
    internal List<(string Name, float[] Before, float[] After, bool Half)> Stored { get; } = [];

    private void Put(Scope scope, NodeProto node, QuantizedCore core, int rank, bool half)
    {
        var floats = Array.ConvertAll(core.Weight, v => (float)v);
        long[] dims = [.. Enumerable.Repeat(1L, Math.Max(0, rank - 2)), core.K, core.N];
        if (core.IsGather)
        {
            (floats, dims) = (Weights.Transposed(floats, core.K, core.N), [core.N, core.K]);
        }

        var name = $"reference_{_next++}";
        var constant = new NodeProto { OpType = "Constant", Output = { name } };
        constant.Attribute.Add(
            GraphBuilder.Of("value", half ? GraphBuilder.HalfTensor(name, floats, dims) : GraphBuilder.Tensor(name, floats, dims)));
        scope.Nodes.Insert(0, constant);
        node.Input[core.IsGather ? 0 : 1] = name;
        if (node.OpType == "Gemm")
        {
            foreach (var gone in node.Attribute.Where(a => a.Name is "alpha" or "transB").ToList())
            {
                node.Attribute.Remove(gone);
            }
        }

        if (core.IsDynamic)
        {
            node.Input[0] = new InputRounding(scope.Nodes, scope.Nodes.IndexOf(node), $"reference_{_next++}").Add(node.Input[0], half);
        }
    }

    private void StoreAsTheOutputDoes(Scope before, Scope after)
    {
        foreach (var tensor in Constants(before).ToList())
        {
            // Either a cast makes the weight's name out of the stored half, or rows are picked from the half itself.
            var half = after.Tensor(after.Producer(tensor.Name) is { OpType: "Cast" } cast ? cast.Input[0] : $"{tensor.Name}_fp16");
            var stored =
                half
                ?? (
                    tensor.Tensor.DataType is GraphBuilder.Float or GraphBuilder.Half or GraphBuilder.BFloat16
                        ? after.Tensor(tensor.Name)
                        : null);
            if (stored is null || (half is null && stored.DataType != tensor.Tensor.DataType))
            {
                continue;
            }

            var (was, now) = (_original.Floats(tensor.Tensor), _output.Floats(stored));
            if (!was.AsSpan().SequenceEqual(now))
            {
                Stored.Add((tensor.Name, was, now, half is not null));
                Replace(tensor.Tensor, now);
            }
        }
    }

    private static IEnumerable<(string Name, TensorProto Tensor)> Constants(Scope scope) =>
        (scope.Initializers ?? [])
            .Select(t => (t.Name, t))
            .Concat(
                scope
                    .Nodes.Where(n =>
                        n.OpType == "Constant"
                        && n.Attribute.Any(a => a.T is not null)
                        && !n.Output[0].StartsWith("reference_", StringComparison.Ordinal))
                    .Select(n => (n.Output[0], n.Attribute.First(a => a.T is not null).T)));

    private static void Replace(TensorProto tensor, float[] values)
    {
        long[] dims = [.. tensor.Dims];
        var other = tensor.DataType switch
        {
            GraphBuilder.Half => GraphBuilder.HalfTensor("", values, dims),
            GraphBuilder.BFloat16 => GraphBuilder.BFloat16Tensor("", values, dims),
            _ => GraphBuilder.Tensor("", values, dims),
        };
        tensor.ExternalData.Clear();
        tensor.ClearDataLocation();
        tensor.FloatData.Clear();
        tensor.Int32Data.Clear();
        tensor.RawData = other.RawData;
    }
}
