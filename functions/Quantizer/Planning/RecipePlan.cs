namespace SlmOps.Quantizer.Planning;

/// <summary>Which planner a recipe takes.</summary>
internal static class RecipePlan
{
    internal static QuantizationPlan Make(QuantizationOptions options, List<WeightEntry> entries, TensorPlaces places)
    {
        var filter = new NameFilter(options);
        return options.Recipe is RecipeNames.Half or RecipeNames.Prune
            ? new TensorPlanner(options, filter).Plan(entries)
            : new Planner(options, filter, new BitChooser(options, entries), places).Plan(entries);
    }
}
