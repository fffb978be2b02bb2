using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Quantizer.Planning;

/// <summary>Bits of one weight.</summary>
/// <param name="Bits">4 or 8.</param>
/// <param name="Reason">Why.</param>
internal readonly record struct BitChoice(int Bits, string Reason);

/// <summary>How many bits a weight gets: the recipe's, or 8 where it promotes.</summary>
internal sealed class BitChooser
{
    private const int Promoted = 8;

    private readonly Recipe _recipe;
    private readonly QuantizationOptions _options;
    private readonly ModelAnalysis _analysis;
    private readonly HashSet<WeightEntry> _sensitive = [];

    internal BitChooser(Recipe recipe, QuantizationOptions options, ModelAnalysis analysis)
    {
        (_recipe, _options, _analysis) = (recipe, options, analysis);
        if (recipe.Promotion == Promotion.Sensitive)
        {
            _sensitive.UnionWith(SensitiveProjections.Find(analysis.Weights));
        }
    }

    internal BitChoice Choose(WeightEntry entry, IReadOnlyList<WeightUse> uses) =>
        _recipe.Promotion != Promotion.None && WhyPromoted(entry, uses) is { } reason
            ? new(Promoted, reason)
            : new(_recipe.Bits!.Value, $"recipe {_recipe.Name}");

    private string? WhyPromoted(WeightEntry entry, IReadOnlyList<WeightUse> uses)
    {
        if (_options.Promote is { } patterns && uses.Any(u => NamePattern.MatchesAny(patterns, entry.Name, u.Node.Name)))
        {
            return "8 bits: Promote matches it";
        }

        return uses.Any(u => u.Kind == UseKind.Gather) ? "8 bits: embedding"
            : _options.Promote is not null ? null
            : _analysis.Heads.Contains(entry) ? "8 bits: the output layer decides every token"
            : _sensitive.Contains(entry) ? "8 bits: value and down projections of the outer and every third layer lose most" : null;
    }
}
