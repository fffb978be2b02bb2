using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Refinement;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Stores quantized weights and puts the nodes that read them in place of the float ones.</summary>
internal sealed class ProductRewriter(
    InspectedModel inspected,
    ModelAnalysis analysis,
    BlockWeightWriter blocks,
    ColumnWeightWriter columns,
    GraphEdits edits,
    TensorPlacer placer)
{
    private readonly ColumnNodes _columnNodes = new(analysis.Model, analysis.Index);

    /// <summary>Sees all nodes before the first is written.</summary>
    internal void Prepare(QuantizationPlan plan) =>
        _columnNodes.Expect(
            plan.Weights.SelectMany(weight => weight.Products)
                .Where(product => product.Scheme is ColumnScheme)
                .SelectMany(product => product.Uses));

    internal TensorReport Write(WeightEntry entry, RefinedProduct product, Action<long> progress, CancellationToken cancellationToken) =>
        product.Scheme is ColumnScheme column
            ? WriteColumns(entry, product, column, progress, cancellationToken)
            : WriteBlocks(entry, product, (BlockScheme)product.Scheme, progress, cancellationToken);

    private TensorReport WriteBlocks(
        WeightEntry entry, RefinedProduct product, BlockScheme scheme, Action<long> progress, CancellationToken cancellationToken)
    {
        var error = blocks.Write(product, scheme, analysis.Places.NeedsNodes(Home(entry)), out var stored, progress, cancellationToken);
        error.RequireFinite(entry.Name);
        var names = Store(entry, product, scheme, stored);
        foreach (var use in product.Uses)
        {
            edits.Need(RuntimeNeeds.Of(use, scheme));
            var zeroPoints = names.ZeroPoints.GetValueOrDefault(analysis.Places.OfZeroPoints(use, entry.Source.Graph));
            edits.Nodes[use.Node] = BlockNodes.Build(
                use,
                scheme,
                names,
                zeroPoints,
                analysis.Model,
                analysis.Index,
                analysis.Ranks,
                inspected.File.Span);
            UseContrib(use.Node);
        }

        return new()
        {
            Name = entry.Name,
            Op = entry.OperatorText,
            Scheme = scheme.Text,
            Bits = scheme.Bits,
            BlockSize = scheme.BlockSize,
            RelativeError = error.Relative,
            BytesBefore = entry.Tensor.ByteLength,
            BytesAfter = scheme.TotalBytes(product.View.K, product.View.N),
            Reason = product.Reason,
        };
    }

    private TensorReport WriteColumns(
        WeightEntry entry, RefinedProduct product, ColumnScheme scheme, Action<long> progress, CancellationToken cancellationToken)
    {
        var (k, n) = (product.View.K, product.View.N);
        var error = columns.Write(
            product.View,
            scheme,
            analysis.Places.NeedsNodes(Home(entry)),
            product.Mask,
            out var codes,
            out var scales,
            progress,
            cancellationToken);
        error.RequireFinite(entry.Name);
        var codesName = Put(entry, codes, "q8", scheme.Unsigned ? ElementType.UInt8 : ElementType.Int8, k, n);
        var zeroName = scheme.Unsigned ? Put(entry, TensorTarget.Of([ColumnScheme.ZeroPoint]), "zp", ElementType.UInt8) : null;
        var scalesName = Put(entry, scales, "scales", ElementType.Float, n);
        foreach (var use in product.Uses)
        {
            edits.Nodes[use.Node] = _columnNodes.Build(use, codesName, scalesName, zeroName, inspected.File.Span);
            UseContrib(use.Node);
        }

        return new()
        {
            Name = entry.Name,
            Op = entry.OperatorText,
            Scheme = "column-symmetric",
            Bits = scheme.ReduceRange ? 7 : 8,
            RelativeError = error.Relative,
            BytesBefore = entry.Tensor.ByteLength,
            BytesAfter = ColumnScheme.TotalBytes(k, n),
            Reason = product.Reason,
        };
    }

    private void UseContrib(OnnxNode node)
    {
        edits.UsesContrib = true;
        if (node.Graph.Root is { Kind: GraphKind.Function } function)
        {
            edits.ContribFunctions.Add(function);
        }
    }

    private BlockNames Store(WeightEntry entry, RefinedProduct product, BlockScheme scheme, BlockTensors stored)
    {
        var (n, blocks) = (product.View.N, scheme.Blocks(product.View.K));
        var zeroRow = scheme.ZeroPointRowBytes(product.View.K);
        var gatherOnly = product.Uses.All(u => u.Kind == UseKind.Gather);
        var codes = gatherOnly
            ? Put(entry, stored.Codes, $"q{scheme.Bits}", ElementType.UInt8, n, (long)blocks * scheme.BlobBytes)
            : Put(entry, stored.Codes, $"q{scheme.Bits}", ElementType.UInt8, n, blocks, scheme.BlobBytes);
        var scales = Put(entry, stored.Scales, "scales", scheme.ScaleType, n, blocks);
        var zeros = new Dictionary<OnnxGraph, string>();
        if (stored.ZeroPoints is { } packed)
        {
            foreach (var graph in ZeroPointReaders(product).Select(use => analysis.Places.OfZeroPoints(use, entry.Source.Graph)).Distinct())
            {
                zeros[graph] = Put(entry, graph, packed, "zp", ElementType.UInt8, n, zeroRow);
            }
        }

        return !product.IsTied
            ? new BlockNames(codes, scales, zeros, null, null)
            : new BlockNames(codes, scales, zeros,
                Put(entry, stored.Scales, "gather_scales", scheme.ScaleType, n, blocks, 1),
                stored.ZeroPoints is { } same ? Put(entry, same, "gather_zp", ElementType.UInt8, n, blocks, 1) : null);
    }

    // A table that is shared has zero points in another shape for the rows that are picked.
    private static IEnumerable<WeightUse> ZeroPointReaders(RefinedProduct product) =>
        product.Uses.Where(use => !product.IsTied || use.Kind != UseKind.Gather);

    private OnnxGraph Home(WeightEntry entry) => analysis.Places.Home(entry.Source.Graph);

    private string Put(WeightEntry entry, TensorTarget target, string suffix, ElementType type, params long[] dims) =>
        Put(entry, Home(entry), target, suffix, type, dims);

    private string Put(WeightEntry entry, OnnxGraph graph, TensorTarget target, string suffix, ElementType type, params long[] dims)
    {
        var name = analysis.Index.NewName($"{entry.Name}_{suffix}");
        placer.Place(graph, target.Tensor(name, type, dims));
        return name;
    }
}
