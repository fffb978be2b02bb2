using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Carries out a plan: writes the data file in graph order, then says what the graph becomes.</summary>
internal sealed class ModelRewriter(
    InspectedModel inspected, ValueIndex index, RankFinder ranks, QuantizationOptions options, QuantizationPlan plan,
    WeightReader reader, DataFile data, string dataName, GraphEdits edits, ProgressMeter progress)
{
    private readonly ILookup<OnnxTensor, PlannedWeight> _planned = plan.Weights.ToLookup(w => w.Entry.Tensor);
    private readonly Dictionary<PlannedWeight, TensorReport> _reports = [];

    internal IReadOnlyDictionary<PlannedWeight, TensorReport> Reports => _reports;

    internal void Run(CancellationToken cancellationToken)
    {
        ReleaseFloatUses();
        var blocks = new BlockWeightWriter(reader, data, options.Threads ?? Environment.ProcessorCount);
        foreach (var graph in inspected.Model!.AllGraphs)
        {
            foreach (var tensor in graph.Initializers)
            {
                Process(tensor, edits.Tensors.TryGetValue(tensor, out var gone) && gone is null, blocks, cancellationToken);
            }

            foreach (var node in graph.Nodes)
            {
                foreach (var attribute in node.Attributes)
                {
                    if (attribute.Tensor is { } tensor)
                    {
                        Process(tensor, edits.Nodes.ContainsKey(node), blocks, cancellationToken);
                    }
                }
            }
        }

        data.Complete();
    }

    private void Process(OnnxTensor tensor, bool removed, BlockWeightWriter blocks, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var weight in _planned[tensor])
        {
            Write(weight, blocks, cancellationToken);
        }

        if (!removed)
        {
            Keep(tensor, cancellationToken);
        }
    }

    private void ReleaseFloatUses()
    {
        var dead = new DeadValues(index, edits);
        foreach (var weight in plan.Weights)
        {
            foreach (var use in weight.Uses)
            {
                dead.Release(use.Node, use.Kind == UseKind.Gather ? 0 : 1);
            }
        }
    }

    private void Write(PlannedWeight weight, BlockWeightWriter blocks, CancellationToken cancellationToken)
    {
        var scheme = (BlockScheme)weight.Scheme;
        var graph = weight.Entry.Source.Graph;
        var inFunction = Root(graph).Kind == GraphKind.Function;
        var importance = options.Calibration.GetValueOrDefault(weight.Entry.Name)?.MeanSquares;
        if (importance is not null && importance.Length != weight.View.K)
        {
            importance = null;
        }

        progress.Start(weight.Entry.Name);
        if (weight.ChooseSymmetry)
        {
            var asymmetric = blocks.Sample(weight.View, scheme with { Symmetric = false }, importance, cancellationToken);
            var symmetric = blocks.Sample(weight.View, scheme with { Symmetric = true }, importance, cancellationToken);
            scheme = scheme with { Symmetric = symmetric.Error <= asymmetric.Error };
        }

        var error = blocks.Write(weight, scheme, inFunction, importance, out var tensors, progress.Advance, cancellationToken);
        if (!error.Finite)
        {
            throw new ModelQuantizationException([Problems.NotFinite(weight.Entry.Name, "NaN or infinite values")]);
        }

        var names = Store(weight, scheme, tensors, graph, inFunction);
        foreach (var use in weight.Uses)
        {
            edits.Nodes[use.Node] = BlockNodes.Build(use, scheme, names, inspected.Model!, index, ranks, inspected.File.Span);
            edits.UsesContrib = true;
            if (Root(use.Node.Graph) is { Kind: GraphKind.Function } function)
            {
                edits.ContribFunctions.Add(function);
            }
        }

        _reports[weight] = new TensorReport(
            weight.Entry.Name, weight.Entry.OperatorText, scheme.Text, scheme.Bits, scheme.BlockSize, error.Relative,
            weight.Entry.Tensor.ByteLength, scheme.TotalBytes(weight.View.K, weight.View.N), weight.Reason);
    }

    private BlockNames Store(PlannedWeight weight, BlockScheme scheme, BlockTensors tensors, OnnxGraph graph, bool inFunction)
    {
        var (n, blocks) = (weight.View.N, scheme.Blocks(weight.View.K));
        var zeroRow = scheme.ZeroPointRowBytes(weight.View.K);
        var gatherOnly = weight.Uses.TrueForAll(u => u.Kind == UseKind.Gather);
        string Put(BlockWeightWriter.Target target, string suffix, ElementType type, params long[] dims)
        {
            var name = index.NewName($"{weight.Entry.Name}_{suffix}");
            var tensor = target.Tensor(name, type, dims).Write(dataName);
            if (inFunction)
            {
                GraphEdits.Add(edits.FirstNodes, graph, NodeWriter.ConstantNode(name, index.NewName($"{name}_node"), tensor));
            }
            else
            {
                GraphEdits.Add(edits.AddedInitializers, graph, tensor);
            }

            return name;
        }

        var bits = scheme.Bits;
        var codes = gatherOnly
            ? Put(tensors.Codes, $"q{bits}", ElementType.UInt8, n, (long)blocks * scheme.BlobBytes)
            : Put(tensors.Codes, $"q{bits}", ElementType.UInt8, n, blocks, scheme.BlobBytes);
        var scales = Put(tensors.Scales, "scales", scheme.ScaleType, n, blocks);
        var zeros = tensors.ZeroPoints is { } packed ? Put(packed, "zp", ElementType.UInt8, n, zeroRow) : null;
        return !weight.IsTied
            ? new BlockNames(codes, scales, zeros, null, null)
            : new BlockNames(codes, scales, zeros,
                Put(tensors.Scales, "gather_scales", scheme.ScaleType, n, blocks, 1),
                tensors.ZeroPoints is { } same ? Put(same, "gather_zp", ElementType.UInt8, n, blocks, 1) : null);
    }

    private void Keep(OnnxTensor tensor, CancellationToken cancellationToken)
    {
        if (tensor.Storage != Storage.External || tensor.Type == ElementType.String)
        {
            return;
        }

        progress.Start(tensor.Name);
        var offset = data.Copy(reader, tensor, progress.Advance, cancellationToken);
        edits.Tensors[tensor] = StoredTensor.Moved(tensor, inspected.File.Span, dataName, offset);
    }

    private static OnnxGraph Root(OnnxGraph graph)
    {
        while (graph.Parent is { } parent)
        {
            graph = parent;
        }

        return graph;
    }
}
