using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Refinement;

/// <summary>
/// Decides what the values of a weight have a say in: symmetry, the threshold of pruning, whether half holds them. A weight
/// is refined right before it is written, while its bytes are still in the page cache.
/// </summary>
internal sealed class WeightRefiner(QuantizationOptions options, InputKnowledge inputs, BlockSlices slices, WeightReader reader)
{
    // Symmetric or not is a question of the whole tensor; one strip in 32 answers it.
    private const int SampleEvery = 32;

    internal RefinedWeight Refine(WeightPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Values is { Scheme: HalfScheme } && HalfRange.Refusal(reader, plan.Entry.Tensor, cancellationToken) is { } refusal)
        {
            return new(plan.Entry, [], null, refusal);
        }

        var changes = plan.Products.Count > 0 || plan.Values is { Scheme: PruneScheme };
        var mask = changes && (options.TwoOfFour || options.Sparsity is not null) ? Mask(plan.Entry, cancellationToken) : null;
        return new(
            plan.Entry,
            [.. plan.Products.Select(product => Refine(plan.Entry, product, mask, cancellationToken))],
            plan.Values is { } values ? new(values.Scheme, values.View, mask, MaskTables.MayBeInfinite(plan.Entry), values.Reason) : null,
            plan.Stays);
    }

    private PruneMask Mask(WeightEntry entry, CancellationToken cancellationToken) => options.TwoOfFour
        ? new PruneMask(0, TwoOfFour: true)
        : new PruneMask(PruneThreshold.Of(entry.Tensor, options.Sparsity!.Value, reader, cancellationToken), TwoOfFour: false);

    private RefinedProduct Refine(WeightEntry entry, ProductPlan product, PruneMask? mask, CancellationToken cancellationToken)
    {
        if (product.Scheme is not BlockScheme scheme)
        {
            return new(product.View, product.Scheme, product.Uses, default, mask, product.Reason);
        }

        var known = scheme.Search ? inputs.Of(entry, product, scheme) : default;
        if (product.OpenSymmetry)
        {
            var asymmetric = slices.Sample(product.View, scheme with { Symmetric = false }, known, mask, SampleEvery, cancellationToken);
            var symmetric = slices.Sample(product.View, scheme with { Symmetric = true }, known, mask, SampleEvery, cancellationToken);
            scheme = scheme with { Symmetric = symmetric.Error <= asymmetric.Error };
        }

        return new(product.View, scheme, product.Uses, known, mask, product.Reason);
    }
}
