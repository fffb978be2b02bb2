using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Recipes;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Planning;

/// <summary>Plans the recipes that change stored values and leave the operators as they are.</summary>
internal sealed class ValuePlanner(Recipe recipe, QuantizationOptions options, NameFilter filter)
{
    private const int FewElements = 256;

    internal WeightPlan Plan(WeightEntry entry)
    {
        if (entry.Source.IsInput)
        {
            return WeightPlan.Left(entry, "a caller may replace it, because it is also a graph input");
        }

        if (filter.Refusal(entry.Name, entry.Uses.Select(u => u.Node.Name)) is { } refusal)
        {
            return WeightPlan.Left(entry, refusal);
        }

        return recipe.Form == WeightForm.Half ? Half(entry) : Pruned(entry);
    }

    private static WeightPlan Half(WeightEntry entry) =>
        entry.Tensor.Type != ElementType.Float ? WeightPlan.Left(entry, $"it is {entry.Tensor.Type.Text()} already")
        : entry.Tensor.Elements < FewElements ? WeightPlan.Left(entry, $"it has fewer than {FewElements} elements")
        : Changed(
            entry,
            new HalfScheme(),
            entry.Uses.Count > 0 && entry.Blockers.Count == 0 && entry.Uses.TrueForAll(u => u.Kind == UseKind.Gather)
                ? "rows are picked as half and cast"
                : "stored as half and cast back when the model loads");

    private WeightPlan Pruned(WeightEntry entry) =>
        entry.Uses.Exists(u => u.Kind != UseKind.Gather)
            ? Changed(
                entry,
                new PruneScheme(options.TwoOfFour),
                options.TwoOfFour ? "two of every four along the summed dimension" : $"the smallest {options.Sparsity:P0} of its values")
            : WeightPlan.Left(entry, entry.Blockers.Count > 0 ? string.Join("; ", entry.Blockers.Distinct()) : "no product uses it");

    private static WeightPlan Changed(WeightEntry entry, WeightScheme scheme, string reason) =>
        new(entry, [], new(scheme, entry.Uses.Find(u => u.Kind != UseKind.Gather)?.View, reason), null);
}
