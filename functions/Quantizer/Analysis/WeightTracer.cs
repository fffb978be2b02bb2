using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>What stands behind a value: a constant and the nodes that only move its elements, or why there is none.</summary>
internal sealed class TracedWeight
{
    internal required ValueSource Source { get; init; }

    internal required OnnxTensor Tensor { get; init; }

    /// <summary>Element type at the point of use, after casts.</summary>
    internal ElementType Type { get; set; }

    internal required long[] Dims { get; set; }

    internal required long[] Strides { get; set; }

    /// <summary>Set when something on the way cannot be followed.</summary>
    internal string? Reason { get; set; }
}

internal sealed class WeightTracer(ValueIndex index, ConstantInts constants)
{
    private const int MaxChain = 16;

    /// <summary>Null when the value is no constant at all.</summary>
    internal TracedWeight? Trace(OnnxGraph graph, string name, int depth = 0)
    {
        if (depth > MaxChain || index.Resolve(graph, name) is not { } source)
        {
            return null;
        }

        if (source.Initializer is { } initializer)
        {
            return Start(source, initializer, source.IsInput ? "a caller may replace it, because it is also a graph input" : null);
        }

        if (source.Node is not { } node || source.IsInput)
        {
            return null;
        }

        if (node.Is("Constant"))
        {
            return node.Attribute("value")?.Tensor is { } tensor ? Start(source, tensor, null) : null;
        }

        if (!node.IsStandard || node.Inputs.Count == 0 || node.Outputs.Count != 1)
        {
            return null;
        }

        return node.OpType switch
        {
            "Identity" => Trace(node.Graph, node.Inputs[0], depth + 1),
            "Cast" => Follow(node, depth, Cast),
            "Transpose" => Follow(node, depth, Transpose),
            "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" => Follow(node, depth, Reshape),
            "DequantizeLinear" => Follow(node, depth, (traced, _) => traced.Reason = "it is already quantized (DequantizeLinear)"),
            _ => null,
        };
    }

    private static TracedWeight Start(ValueSource source, OnnxTensor tensor, string? reason)
    {
        var dims = tensor.Dims.ToArray();
        return new TracedWeight
        {
            Source = source,
            Tensor = tensor,
            Type = tensor.Type,
            Dims = dims,
            Strides = RowMajor(dims),
            Reason = reason,
        };
    }

    private TracedWeight? Follow(OnnxNode node, int depth, Action<TracedWeight, OnnxNode> step)
    {
        var traced = Trace(node.Graph, node.Inputs[0], depth + 1);
        if (traced is { Reason: null })
        {
            step(traced, node);
        }

        return traced;
    }

    private static void Cast(TracedWeight traced, OnnxNode node)
    {
        var to = (ElementType)(node.Attribute("to")?.Int ?? 0);
        if (!to.IsWeight() || !traced.Type.IsWeight())
        {
            traced.Reason = $"it is cast from {traced.Type.Text()} to {to.Text()}";
        }

        traced.Type = to;
    }

    private static void Transpose(TracedWeight traced, OnnxNode node)
    {
        var rank = traced.Dims.Length;
        var permutation = node.Attribute("perm")?.Ints ?? [.. Enumerable.Range(0, rank).Select(i => (long)(rank - 1 - i))];
        if (permutation.Count != rank || permutation.Order().Where((p, i) => p != i).Any())
        {
            traced.Reason = "its Transpose has a bad permutation";
            return;
        }

        traced.Dims = [.. permutation.Select(p => traced.Dims[p])];
        traced.Strides = [.. permutation.Select(p => traced.Strides[p])];
    }

    private void Reshape(TracedWeight traced, OnnxNode node)
    {
        var dims = node.OpType switch
        {
            "Reshape" => ReshapeDims(traced, node),
            "Flatten" => FlattenDims(traced, node),
            _ => null,
        };
        dims ??= node.OpType is "Squeeze" or "Unsqueeze" ? UnitDims(traced, node) : null;
        if (dims is null)
        {
            traced.Reason = $"the shape its {node.OpType} makes is not constant";
            return;
        }

        var core = traced.Dims.Select((d, i) => (d, s: traced.Strides[i])).Where(p => p.d != 1).ToArray();
        var wanted = dims.Where(d => d != 1).ToArray();
        if (core.Select(p => p.d).SequenceEqual(wanted))
        {
            var next = 0;
            traced.Strides = [.. dims.Select(d => d == 1 ? 1 : core[next++].s)];
        }
        else if (core.Select(p => p.s).SequenceEqual(RowMajor([.. core.Select(p => p.d)])))
        {
            traced.Strides = RowMajor(dims);
        }
        else
        {
            traced.Reason = $"its {node.OpType} mixes transposed dimensions";
        }

        traced.Dims = dims;
    }

    private long[]? ReshapeDims(TracedWeight traced, OnnxNode node)
    {
        var shape = node.Attribute("shape")?.Ints?.ToArray() ?? (node.Inputs.Count > 1 ? constants.Read(node.Graph, node.Inputs[1]) : null);
        if (shape is null || shape.Length == 0)
        {
            return null;
        }

        var keepZero = (node.Attribute("allowzero")?.Int ?? 0) != 0;
        long product = 1;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0 && !keepZero && i < traced.Dims.Length)
            {
                shape[i] = traced.Dims[i];
            }

            product *= shape[i] > 0 ? shape[i] : 1;
        }

        var total = traced.Tensor.Elements;
        var free = Array.IndexOf(shape, -1);
        if (free >= 0 && product > 0 && total % product == 0)
        {
            shape[free] = total / product;
        }

        return shape.All(d => d > 0) && shape.Aggregate(1L, (a, d) => a * d) == total ? shape : null;
    }

    private static long[]? FlattenDims(TracedWeight traced, OnnxNode node)
    {
        var axis = node.Attribute("axis")?.Int ?? 1;
        axis = axis < 0 ? axis + traced.Dims.Length : axis;
        return axis < 0 || axis > traced.Dims.Length ? null
            : [traced.Dims.Take((int)axis).Aggregate(1L, (a, d) => a * d), traced.Dims.Skip((int)axis).Aggregate(1L, (a, d) => a * d)];
    }

    private long[]? UnitDims(TracedWeight traced, OnnxNode node)
    {
        var axes = node.Attribute("axes")?.Ints?.ToArray() ?? (node.Inputs.Count > 1 ? constants.Read(node.Graph, node.Inputs[1]) : null);
        if (node.OpType == "Squeeze")
        {
            if (axes is null)
            {
                return node.Inputs.Count > 1 ? null : [.. traced.Dims.Where(d => d != 1)];
            }

            var gone = axes.Select(a => a < 0 ? a + traced.Dims.Length : a).ToHashSet();
            return gone.All(a => a >= 0 && a < traced.Dims.Length && traced.Dims[a] == 1)
                ? [.. traced.Dims.Where((_, i) => !gone.Contains(i))] : null;
        }

        if (axes is null)
        {
            return null;
        }

        var rank = traced.Dims.Length + axes.Length;
        var added = axes.Select(a => a < 0 ? a + rank : a).ToHashSet();
        if (added.Count != axes.Length || added.Any(a => a < 0 || a >= rank))
        {
            return null;
        }

        var dims = new long[rank];
        var next = 0;
        for (var i = 0; i < rank; i++)
        {
            dims[i] = added.Contains(i) ? 1 : traced.Dims[next++];
        }

        return dims;
    }

    private static long[] RowMajor(long[] dims)
    {
        var strides = new long[dims.Length];
        long step = 1;
        for (var i = dims.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= Math.Max(1, dims[i]);
        }

        return strides;
    }
}
