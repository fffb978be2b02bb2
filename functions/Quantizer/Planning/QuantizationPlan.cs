using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Recipes;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Planning;

/// <summary>What a recipe means to do with every weight, in graph order. It is data: nothing changes it, a later step makes another.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Weights">One plan for each weight.</param>
internal sealed record QuantizationPlan(Recipe Recipe, IReadOnlyList<WeightPlan> Weights);

/// <summary>What is to become of one weight.</summary>
/// <param name="Entry">The weight.</param>
/// <param name="Products">The forms that take the place of its float values in nodes, one for each way it is seen.</param>
/// <param name="Values">The form that takes the place of its values under its own name, or null.</param>
/// <param name="Stays">Why it stays as it is, alone or beside its products; null when it does not.</param>
internal sealed record WeightPlan(WeightEntry Entry, IReadOnlyList<ProductPlan> Products, ValuePlan? Values, string? Stays)
{
    /// <summary>A weight that nothing is done with.</summary>
    internal static WeightPlan Left(WeightEntry entry, string why) => new(entry, [], null, why);
}

/// <summary>A weight stored in a new form, and the nodes that will use that form.</summary>
/// <param name="View">The matrix that is stored.</param>
/// <param name="Scheme">Its form.</param>
/// <param name="Uses">The nodes.</param>
/// <param name="OpenSymmetry">True when symmetric and asymmetric blocks are both to be tried on its values.</param>
/// <param name="Reason">Why.</param>
internal sealed record ProductPlan(WeightView View, WeightScheme Scheme, IReadOnlyList<WeightUse> Uses, bool OpenSymmetry, string Reason)
{
    /// <summary>True when a Gather picks rows of it.</summary>
    internal bool IsTable => Uses.Any(use => use.Kind == UseKind.Gather);

    /// <summary>True when a node that reads it may run in a graph where its zero points would not be seen.</summary>
    internal bool SymmetricOnly { get; init; }

    /// <summary>True when one table serves both a Gather and a product.</summary>
    internal bool IsTied => IsTable && Uses.Any(use => use.Kind != UseKind.Gather);
}

/// <summary>Values stored in another form, whatever uses them.</summary>
/// <param name="Scheme">Half or pruned.</param>
/// <param name="View">How a product sees them; null when none does.</param>
/// <param name="Reason">Why.</param>
internal sealed record ValuePlan(WeightScheme Scheme, WeightView? View, string Reason);
