using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>Lists every floating-point constant of the model with the nodes that use it.</summary>
internal sealed class WeightFinder(OnnxModel model, ValueIndex index, WeightTracer tracer, RankFinder ranks)
{
    private const int MaxK = 1 << 18;
    private const int MaxChain = 16;

    internal List<WeightEntry> Find(CancellationToken cancellationToken)
    {
        var entries = new List<WeightEntry>();
        foreach (var graph in model.AllGraphs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var tensor in graph.Initializers.Where(t => !t.IsRepeat))
            {
                if (IsWeight(tensor))
                {
                    Add(entries, graph, tensor.Name, tensor);
                }
                else if (IsCode(tensor))
                {
                    AddQuantized(entries, graph, tensor);
                }
            }

            foreach (var node in graph.Nodes.Where(n => n.Is("Constant") && n.Outputs.Count == 1))
            {
                if (node.Attribute("value")?.Tensor is { } tensor && IsWeight(tensor))
                {
                    Add(entries, graph, node.Outputs[0], tensor);
                }
            }
        }

        return entries;
    }

    private static bool IsWeight(OnnxTensor tensor) => tensor.Type.IsWeight() && tensor.Elements > 1;

    private static bool IsCode(OnnxTensor tensor) =>
        tensor.Elements > 1
        && tensor.Dims.Count > 1
        && tensor.Type
            is ElementType.Int8
                or ElementType.UInt8
                or ElementType.Int4
                or ElementType.UInt4
                or ElementType.Int2
                or ElementType.UInt2;

    // Codes of an earlier quantization: nothing is done with them, and the report says so.
    private void AddQuantized(List<WeightEntry> entries, OnnxGraph graph, OnnxTensor tensor)
    {
        if (index.Resolve(graph, tensor.Name) is { } source && source.Uses.Count > 0)
        {
            var operators = new SortedSet<string>(source.Uses.Select(u => u.Node.OpType), StringComparer.Ordinal);
            entries.Add(
                new(tensor, source, [], [$"it is {tensor.Type.Text()} already, read by {string.Join(", ", operators)}"], operators));
        }
    }

    private void Add(List<WeightEntry> entries, OnnxGraph graph, string name, OnnxTensor tensor)
    {
        if (index.Resolve(graph, name) is not { } source)
        {
            return;
        }

        var found = new Found(tensor);
        if (source.IsInput)
        {
            found.Blockers.Add("a caller may replace it, because it is also a graph input");
        }

        Follow(found, source, 0);
        entries.Add(new(tensor, source, [.. found.Uses], [.. found.Blockers], found.Operators));
    }

    private void Follow(Found entry, ValueSource value, int depth)
    {
        if (value.IsGraphOutput)
        {
            entry.Blockers.Add("it is an output of its graph");
        }

        foreach (var use in value.Uses)
        {
            var node = use.Node;
            if (depth < MaxChain && use.Input == 0 && node.IsStandard && node.Outputs.Count == 1
                && node.OpType is "Identity" or "Cast" or "Transpose" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten"
                && index.Resolve(node.Graph, node.Outputs[0]) is { } next)
            {
                Follow(entry, next, depth + 1);
                continue;
            }

            entry.Operators.Add(node.OpType);
            if (Use(entry, node, use.Input, out var found) is { } blocker)
            {
                entry.Blockers.Add(blocker);
            }
            else if (found is not null && !entry.Uses.Exists(u => u.Node == node && u.Kind == found.Kind))
            {
                entry.Uses.Add(found);
            }
        }
    }

    private string? Use(Found entry, OnnxNode node, int input, out WeightUse? found)
    {
        found = null;
        switch (node.OpType, input)
        {
            case ("MatMul", 1) or ("Gemm", 1) or ("Gather", 0) when node.IsStandard:
                break;
            case ("MatMul", 0) or ("Gemm", 0) when node.IsStandard:
                return $"{node} has it on the left";
            case ("Gemm", 2) when node.IsStandard:
                return $"it is the bias of {node}";
            case ("Conv" or "ConvTranspose", _):
                return $"{node} has no block-quantized form on CPU";
            default:
                return model.Functions.Exists(f => f.Name == node.OpType && SameDomain(f.Domain, node.Domain))
                    ? $"{node} is a call of a model function that takes it as an argument, and the function may be called with others; "
                        + "inline the functions before (onnx.inliner.inline_local_functions)"
                    : $"{node} has no quantized form for it";
        }

        if (node.Attributes.Exists(a => a.Reference.Length > 0))
        {
            return $"{node} takes its attributes from a function call";
        }

        var traced = tracer.Trace(node.Graph, node.Inputs[input]);
        return traced is null ? $"{node} reaches it over a path that is not followed"
            : traced.Reason is { } reason ? reason
            : node.OpType == "Gather" ? GatherUse(traced, node, out found)
            : ProductUse(entry, traced, node, out found);
    }

    private static bool SameDomain(string a, string b) => (a == "ai.onnx" ? "" : a) == (b == "ai.onnx" ? "" : b);

    private string? ProductUse(Found entry, TracedWeight traced, OnnxNode node, out WeightUse? found)
    {
        found = null;
        var rank = traced.Dims.Length;
        if (rank < 2)
        {
            return $"{node} uses it as a vector";
        }

        if (traced.Dims.Take(rank - 2).Any(d => d != 1))
        {
            return $"{node} uses it as a stack of matrices {traced.Tensor.ShapeText}";
        }

        var (k, n) = (traced.Dims[rank - 2], traced.Dims[rank - 1]);
        var (strideK, strideN) = (traced.Strides[rank - 2], traced.Strides[rank - 1]);
        var gemm = node.OpType == "Gemm";
        if (gemm && node.Attribute("transB") is { Int: not 0 })
        {
            (k, n, strideK, strideN) = (n, k, strideN, strideK);
        }

        if (k is < 1 or > MaxK || n is < 1 or > int.MaxValue / 2)
        {
            return $"its size {k} × {n} is out of range";
        }

        var transposed = k > 1 && n > 1 && strideK == 1;
        if (k > 1 && n > 1 && !(transposed ? strideN == k : strideN == 1 && strideK == n))
        {
            return $"{node} reads it with gaps";
        }

        var multiplier = gemm ? node.Attribute("alpha")?.Float ?? 1f : 1f;
        if (!float.IsFinite(multiplier) || multiplier == 0)
        {
            return $"{node} multiplies it by {multiplier}";
        }

        var unitDims = rank - 2;
        if (unitDims > 0)
        {
            var rankA = ranks.Of(node.Graph, node.Inputs[0]);
            if (rankA is null)
            {
                return $"the rank of the other input of {node} is unknown";
            }

            unitDims = rankA == 1 ? unitDims : Math.Max(0, rank - rankA.Value);
        }

        found = new WeightUse(
            node,
            gemm ? UseKind.Gemm : UseKind.MatMul,
            new WeightView(entry.Tensor, (int)k, (int)n, transposed, multiplier),
            traced.Type,
            unitDims);
        return null;
    }

    private static string? GatherUse(TracedWeight traced, OnnxNode node, out WeightUse? found)
    {
        found = null;
        var axis = node.Attribute("axis")?.Int ?? 0;
        if (traced.Dims.Length != 2 || (axis != 0 && axis != -2))
        {
            return $"{node} does not pick rows of a table";
        }

        var (rows, width) = (traced.Dims[0], traced.Dims[1]);
        if (rows is < 1 or > int.MaxValue / 2 || width is < 1 or > MaxK || traced.Strides[1] != 1 || traced.Strides[0] != width)
        {
            return $"{node} picks rows that do not lie together";
        }

        found = new WeightUse(node, UseKind.Gather, new WeightView(traced.Tensor, (int)width, (int)rows, true, 1), traced.Type, 0);
        return null;
    }

    /// <summary>What is known of a weight while its uses are followed.</summary>
    private sealed class Found(OnnxTensor tensor)
    {
        internal OnnxTensor Tensor { get; } = tensor;

        internal List<WeightUse> Uses { get; } = [];

        internal List<string> Blockers { get; } = [];

        internal SortedSet<string> Operators { get; } = new(StringComparer.Ordinal);
    }
}
