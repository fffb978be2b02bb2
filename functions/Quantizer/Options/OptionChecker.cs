using System.Globalization;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Quantizer.Options;

/// <summary>Something wrong with a set of options.</summary>
/// <param name="Option">The option.</param>
/// <param name="What">What is wrong, as the end of a sentence that starts with the option.</param>
/// <param name="Cure">What to do.</param>
public sealed record OptionProblem(OptionDeclaration Option, string What, string Cure);

/// <summary>Checks all options at once, before a file is opened.</summary>
public static class OptionChecker
{
    /// <summary>Everything wrong with the options: values out of range, and options that the recipe would ignore or lacks.</summary>
    /// <param name="options">Recipe and options.</param>
    public static IReadOnlyList<OptionProblem> Check(QuantizationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var recipe = RecipeCatalog.Find(options.Recipe);
        var problems = new List<OptionProblem>();
        foreach (var option in OptionCatalog.All)
        {
            if (
                option.Get(options) is { } value
                && (Range(option, value) ?? (recipe is null ? null : Misplaced(option, recipe.Name)) ?? Ignored(option, options))
                    is { } problem)
            {
                problems.Add(problem);
            }
        }

        var required = recipe is null ? [] : Required(recipe);
        if (required.Count > 0 && required.All(option => option.Get(options) is null))
        {
            problems.Add(
                new(
                    required[0],
                    $"is missing: recipe {recipe!.Name} does nothing without it",
                    $"Give {string.Join(" or ", required.Select(option => option.Name))}"));
        }

        return problems;
    }

    /// <summary>The options of which a recipe needs one; empty when it needs none.</summary>
    /// <param name="recipe">The recipe.</param>
    public static IReadOnlyList<OptionDeclaration> Required(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return [.. OptionCatalog.All.Where(option => recipe.RequiresOneOf.Contains(option.Name))];
    }

    /// <summary>What is wrong with giving an option to a recipe that does nothing with it, or null.</summary>
    /// <param name="option">The option.</param>
    /// <param name="recipe">Name of a recipe; empty when it is not known.</param>
    public static OptionProblem? Misplaced(OptionDeclaration option, string recipe)
    {
        ArgumentNullException.ThrowIfNull(option);
        return recipe.Length == 0 || option.Recipes.Any(taker => taker.Name == recipe)
            ? null
            : new(
                option,
                $"has no effect in recipe {recipe}",
                $"Leave it out, or use it with {string.Join(", ", option.Recipes.Select(taker => taker.Name))}");
    }

    /// <summary>The recipe that the options name.</summary>
    /// <exception cref="ModelQuantizationException">When something is wrong with the options.</exception>
    internal static Recipe Require(QuantizationOptions options)
    {
        var recipe = RecipeCatalog.Find(options.Recipe);
        List<ModelProblem> problems = recipe is null ? [Problems.UnknownRecipe(options.Recipe, RecipeCatalog.All.Select(r => r.Name))] : [];
        problems.AddRange(
            Check(options).Select(problem => Problems.BadOption($"The option {problem.Option.Name} {problem.What}.", problem.Cure + ".")));
        return problems.Count == 0 ? recipe! : throw new ModelQuantizationException(problems);
    }

    private static OptionProblem? Range(OptionDeclaration option, object value)
    {
        var number = value switch { long whole => whole, double real => real, _ => (double?)null };
        return number is null || option.Allows(number.Value) ? null
            : new(option, $"cannot be {number.Value.ToString(CultureInfo.InvariantCulture)}", $"Use {option.ValuesText}");
    }

    private static OptionProblem? Ignored(OptionDeclaration option, QuantizationOptions options) =>
        option.Ignored(options) is { } reason ? new(option, $"has no effect: {reason}", "Leave one of them out") : null;
}
