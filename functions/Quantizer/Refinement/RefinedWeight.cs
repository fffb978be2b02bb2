using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Refinement;

/// <summary>A weight's plan after its values were looked at: everything is decided, it only has to be written.</summary>
/// <param name="Entry">The weight.</param>
/// <param name="Products">The forms that take the place of its float values in nodes.</param>
/// <param name="Values">The form that takes the place of its values under its own name, or null.</param>
/// <param name="Stays">Why it stays as it is, alone or beside its products; null when it does not.</param>
internal sealed record RefinedWeight(WeightEntry Entry, IReadOnlyList<RefinedProduct> Products, RefinedValues? Values, string? Stays);

/// <summary>A weight to store in a new form, and the nodes that will use that form.</summary>
/// <param name="View">The matrix that is stored.</param>
/// <param name="Scheme">Its form.</param>
/// <param name="Uses">The nodes.</param>
/// <param name="Inputs">What is known about its inputs.</param>
/// <param name="Mask">Which values become zero first, or null.</param>
/// <param name="Reason">Why.</param>
internal sealed record RefinedProduct(
    WeightView View, WeightScheme Scheme, IReadOnlyList<WeightUse> Uses, RowWeights Inputs, PruneMask? Mask, string Reason)
{
    /// <summary>True when one table serves both a Gather and a product.</summary>
    internal bool IsTied => Uses.Any(use => use.Kind == UseKind.Gather) && Uses.Any(use => use.Kind != UseKind.Gather);
}

/// <summary>Values to store in another form, whatever uses them.</summary>
/// <param name="Scheme">Half or pruned.</param>
/// <param name="View">How a product sees them; null when none does.</param>
/// <param name="Mask">Which values become zero, when pruned.</param>
/// <param name="MayBeInfinite">Whether an infinity means something, as in a mask.</param>
/// <param name="Reason">Why.</param>
internal sealed record RefinedValues(WeightScheme Scheme, WeightView? View, PruneMask? Mask, bool MayBeInfinite, string Reason);
