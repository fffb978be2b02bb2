using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Stores quantized weights and puts the nodes that read them in place of the float ones.</summary>
internal sealed class ProductRewriter(
    InspectedModel inspected, ValueIndex index, RankFinder ranks, InputKnowledge inputs, QuantizationOptions options,
    WeightReader reader, DataFile data, GraphEdits edits, TensorPlaces places, TensorPlacer placer, TensorRewriter tensors)
{
    // Symmetric or not is a question of the whole tensor; one strip in 32 answers it.
    private const int SampleEvery = 32;

    private readonly int _threads = options.Threads ?? Environment.ProcessorCount;
    private readonly ColumnNodes _columnNodes = new(inspected.Model!, index);
    private BlockWeightWriter? _blocks;
    private ColumnWeightWriter? _columns;

    /// <summary>Sees all weights before the first is written.</summary>
    internal void Prepare(IEnumerable<PlannedWeight> weights) =>
        _columnNodes.Expect(weights.Where(w => w.Scheme is ColumnScheme).SelectMany(w => w.Uses));

    internal TensorReport Write(PlannedWeight weight, Action<long> progress, CancellationToken cancellationToken)
    {
        var mask = options.Sparsity is null && !options.TwoOfFour ? null : tensors.Mask(weight.View.Tensor, cancellationToken);
        return weight.Scheme is ColumnScheme column
            ? WriteColumns(weight, column, mask, progress, cancellationToken)
            : WriteBlocks(weight, (BlockScheme)weight.Scheme, mask, progress, cancellationToken);
    }

    private TensorReport WriteBlocks(
        PlannedWeight weight, BlockScheme scheme, PruneMask? mask, Action<long> progress, CancellationToken cancellationToken)
    {
        _blocks ??= new BlockWeightWriter(reader, data, _threads);
        var importance = scheme.Search ? inputs.Of(weight, scheme) : default;
        if (weight.ChooseSymmetry)
        {
            var asymmetric = _blocks.Sample(weight.View, scheme with { Symmetric = false }, importance, mask, SampleEvery, cancellationToken);
            var symmetric = _blocks.Sample(weight.View, scheme with { Symmetric = true }, importance, mask, SampleEvery, cancellationToken);
            scheme = scheme with { Symmetric = symmetric.Error <= asymmetric.Error };
        }

        var error = _blocks.Write(weight, scheme, places.NeedsNodes(Home(weight)), importance, mask, out var stored, progress, cancellationToken);
        TensorRewriter.RequireFinite(weight.Entry, error);
        var names = Store(weight, scheme, stored);
        foreach (var use in weight.Uses)
        {
            edits.Need(RuntimeNeeds.Of(use, scheme));
            var zeroPoints = names.ZeroPoints.GetValueOrDefault(places.OfZeroPoints(use, weight.Entry.Source.Graph));
            edits.Nodes[use.Node] = BlockNodes.Build(use, scheme, names, zeroPoints, inspected.Model!, index, ranks, inspected.File.Span);
            UseContrib(use.Node);
        }

        return new TensorReport(
            weight.Entry.Name, weight.Entry.OperatorText, scheme.Text, scheme.Bits, scheme.BlockSize, error.Relative,
            weight.Entry.Tensor.ByteLength, scheme.TotalBytes(weight.View.K, weight.View.N), weight.Reason);
    }

    private TensorReport WriteColumns(
        PlannedWeight weight, ColumnScheme scheme, PruneMask? mask, Action<long> progress, CancellationToken cancellationToken)
    {
        _columns ??= new ColumnWeightWriter(reader, data, _threads);
        var (k, n) = (weight.View.K, weight.View.N);
        var error = _columns.Write(weight.View, scheme, places.NeedsNodes(Home(weight)), mask, out var codes, out var scales, progress, cancellationToken);
        TensorRewriter.RequireFinite(weight.Entry, error);
        var codesName = Put(weight, codes, "q8", scheme.Unsigned ? ElementType.UInt8 : ElementType.Int8, k, n);
        var zeroName = scheme.Unsigned ? Put(weight, TensorTarget.Of([ColumnScheme.ZeroPoint]), "zp", ElementType.UInt8) : null;
        var scalesName = Put(weight, scales, "scales", ElementType.Float, n);
        foreach (var use in weight.Uses)
        {
            edits.Nodes[use.Node] = _columnNodes.Build(use, codesName, scalesName, zeroName, inspected.File.Span);
            UseContrib(use.Node);
        }

        return new TensorReport(
            weight.Entry.Name, weight.Entry.OperatorText, "column-symmetric", scheme.ReduceRange ? 7 : 8, null, error.Relative,
            weight.Entry.Tensor.ByteLength, ColumnScheme.TotalBytes(k, n), weight.Reason);
    }

    private void UseContrib(OnnxNode node)
    {
        edits.UsesContrib = true;
        if (node.Graph.Root is { Kind: GraphKind.Function } function)
        {
            edits.ContribFunctions.Add(function);
        }
    }

    private BlockNames Store(PlannedWeight weight, BlockScheme scheme, BlockTensors stored)
    {
        var (n, blocks) = (weight.View.N, scheme.Blocks(weight.View.K));
        var zeroRow = scheme.ZeroPointRowBytes(weight.View.K);
        var gatherOnly = weight.Uses.TrueForAll(u => u.Kind == UseKind.Gather);
        var codes = gatherOnly
            ? Put(weight, stored.Codes, $"q{scheme.Bits}", ElementType.UInt8, n, (long)blocks * scheme.BlobBytes)
            : Put(weight, stored.Codes, $"q{scheme.Bits}", ElementType.UInt8, n, blocks, scheme.BlobBytes);
        var scales = Put(weight, stored.Scales, "scales", scheme.ScaleType, n, blocks);
        var zeros = new Dictionary<OnnxGraph, string>();
        if (stored.ZeroPoints is { } packed)
        {
            foreach (var graph in ZeroPointReaders(weight).Select(use => places.OfZeroPoints(use, weight.Entry.Source.Graph)).Distinct())
            {
                zeros[graph] = Put(weight, graph, packed, "zp", ElementType.UInt8, n, zeroRow);
            }
        }

        return !weight.IsTied
            ? new BlockNames(codes, scales, zeros, null, null)
            : new BlockNames(codes, scales, zeros,
                Put(weight, stored.Scales, "gather_scales", scheme.ScaleType, n, blocks, 1),
                stored.ZeroPoints is { } same ? Put(weight, same, "gather_zp", ElementType.UInt8, n, blocks, 1) : null);
    }

    // A table that is shared has zero points in another shape for the rows that are picked.
    private static IEnumerable<WeightUse> ZeroPointReaders(PlannedWeight weight) => weight.Uses.Where(use => !weight.IsTied || use.Kind != UseKind.Gather);

    private OnnxGraph Home(PlannedWeight weight) => places.Home(weight.Entry.Source.Graph);

    private string Put(PlannedWeight weight, TensorTarget target, string suffix, ElementType type, params long[] dims) =>
        Put(weight, Home(weight), target, suffix, type, dims);

    private string Put(PlannedWeight weight, OnnxGraph graph, TensorTarget target, string suffix, ElementType type, params long[] dims)
    {
        var name = index.NewName($"{weight.Entry.Name}_{suffix}");
        placer.Place(graph, target.Tensor(name, type, dims));
        return name;
    }
}
