using SlmOps.Quantizer.Recipes;

namespace SlmOps.Quantizer;

/// <summary>What a recipe would make of a model.</summary>
/// <param name="Recipe">Recipe name.</param>
/// <param name="OutputBytes">Graph and weights afterwards; for blocks whose symmetry is chosen by error, the larger form.</param>
/// <param name="Ratio">Output bytes over input bytes.</param>
/// <param name="Changed">Weights it would change.</param>
/// <param name="Left">Weights it would leave.</param>
/// <param name="MinimumOrt">Oldest ONNX Runtime that runs the output on a CPU.</param>
public sealed record RecipeEstimate(string Recipe, long OutputBytes, double Ratio, int Changed, int Left, string MinimumOrt);

/// <summary>Says what recipes would save without reading a weight.</summary>
public static class RecipeEstimator
{
    /// <summary>Plans each recipe that needs no further option.</summary>
    /// <param name="modelPath">Model file.</param>
    /// <param name="modelBytes">Bytes of the model file and its external data.</param>
    /// <param name="limits">What may be read; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between recipes.</param>
    /// <exception cref="ModelQuantizationException">When the model cannot be used.</exception>
    public static IReadOnlyList<RecipeEstimate> Estimate(
        string modelPath,
        long modelBytes,
        InspectionLimits? limits,
        CancellationToken cancellationToken) =>
        [
            .. RecipeCatalog
                .All.Where(recipe => recipe.HasFixedSize)
                .Select(recipe =>
                    One(
                        recipe,
                        modelBytes,
                        ModelQuantizer.Plan(
                            modelPath,
                            new QuantizationOptions { Recipe = recipe.Name, Limits = limits ?? new() },
                            cancellationToken))),
        ];

    private static RecipeEstimate One(Recipe recipe, long modelBytes, IReadOnlyList<TensorReport> tensors)
    {
        var output = modelBytes - tensors.Sum(tensor => tensor.BytesBefore - tensor.BytesAfter);
        var changed = tensors.Count(tensor => tensor.BytesAfter != tensor.BytesBefore);
        return new(recipe.Name, output, (double)output / modelBytes, changed, tensors.Count - changed, recipe.MinimumOrt);
    }
}
