namespace SlmOps.Quantizer;

/// <summary>Checks all options at once, before a file is opened.</summary>
internal static class OptionChecker
{
    /// <summary>Returns the recipe that the options name.</summary>
    internal static RecipeInfo Check(QuantizationOptions options)
    {
        var problems = new List<ModelProblem>();
        var recipe = ModelQuantizer.Recipes.FirstOrDefault(r => r.Name == options.Recipe);
        if (recipe is null)
        {
            problems.Add(Problems.UnknownRecipe(options.Recipe));
        }

        if (options.BlockSize is { } size && size is not (16 or 32 or 64 or 128 or 256))
        {
            problems.Add(Problems.BadOption($"Block size {size} is not supported.", "Use 16, 32, 64, 128 or 256."));
        }

        if (options.Sparsity is { } sparsity && sparsity is not (> 0 and <= 0.95))
        {
            problems.Add(Problems.BadOption($"Sparsity {sparsity} is out of range.", "Use more than 0 and at most 0.95."));
        }

        if (options.Threads is < 1)
        {
            problems.Add(Problems.BadOption($"{options.Threads} threads are too few.", "Use 1 or more."));
        }

        return problems.Count == 0 ? recipe! : throw new ModelQuantizationException(problems);
    }
}
