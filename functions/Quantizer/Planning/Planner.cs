using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Quantizer.Planning;

/// <summary>Plans what a recipe does with a model. Pure: from the graph and the options alone, never from a value of a weight.</summary>
internal static class Planner
{
    internal static QuantizationPlan Plan(Recipe recipe, QuantizationOptions options, ModelAnalysis analysis)
    {
        var filter = new NameFilter(options);
        Func<WeightEntry, WeightPlan> plan = recipe.Form is WeightForm.Half or WeightForm.Pruned
            ? new ValuePlanner(recipe, options, filter).Plan
            : new ProductPlanner(recipe, options, filter, new BitChooser(recipe, options, analysis), analysis.Places).Plan;
        return new(recipe, [.. analysis.Weights.Select(plan)]);
    }
}
