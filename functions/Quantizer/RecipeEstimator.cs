using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;

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
    /// <summary>
    /// Plans each recipe that needs no further option; a model that cannot be used gives none. <c>auto</c> and
    /// <c>prune</c> are left out: what they save is what they are asked to save.
    /// </summary>
    public static IReadOnlyList<RecipeEstimate> Estimate(string modelPath, InspectionLimits limits, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentNullException.ThrowIfNull(limits);
        using var inspected = InspectedModel.Open(modelPath, limits, cancellationToken);
        if (inspected.Problems.Count > 0)
        {
            return [];
        }

        var index = new ValueIndex(inspected.Model!);
        var constants = new ConstantInts(index, inspected.File);
        var tracer = new WeightTracer(index, constants);
        var entries = new WeightFinder(inspected.Model!, index, tracer, new RankFinder(index, constants)).Find(cancellationToken);
        var inputBytes = inspected.File.Length + inspected.Files.Found.Sum(file => file.Length);
        return [.. ModelQuantizer.Recipes
            .Where(recipe => recipe.Name is not (RecipeNames.Auto or RecipeNames.Prune))
            .Select(recipe => One(recipe, RecipePlan.Make(new QuantizationOptions { Recipe = recipe.Name }, entries), inputBytes))];
    }

    private static RecipeEstimate One(RecipeInfo recipe, QuantizationPlan plan, long inputBytes)
    {
        var saved = plan.Weights.Sum(weight => weight.Entry.Tensor.ByteLength - Bytes(weight))
            + plan.Tensors.Sum(tensor => tensor.Scheme is HalfScheme ? tensor.Entry.Tensor.ByteLength / 2 : 0);
        var changed = plan.Weights.Count + plan.Tensors.Count;
        var output = inputBytes - saved;
        return new(recipe.Name, output, (double)output / inputBytes, changed, plan.Entries.Count - changed, recipe.MinimumOrt);
    }

    private static long Bytes(PlannedWeight weight)
    {
        var (k, n) = ((int)weight.View.K, (int)weight.View.N);
        return weight.Scheme switch
        {
            BlockScheme block when weight.ChooseSymmetry => (block with { Symmetric = false }).TotalBytes(k, n),
            BlockScheme block => block.TotalBytes(k, n),
            ColumnScheme => ColumnScheme.TotalBytes(k, n),
            _ => weight.Entry.Tensor.ByteLength,
        };
    }
}
