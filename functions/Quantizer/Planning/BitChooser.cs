namespace SlmOps.Quantizer.Planning;

/// <summary>The rules of the fixed recipes: how many bits a weight gets.</summary>
internal sealed class BitChooser
{
    private readonly QuantizationOptions _options;
    private readonly HashSet<WeightEntry> _promoted = [];
    private readonly HashSet<WeightEntry> _heads = [];

    internal BitChooser(QuantizationOptions options, IReadOnlyList<WeightEntry> entries)
    {
        _options = options;
        if (options.Recipe == RecipeNames.Int4Mixed)
        {
            _heads.UnionWith(OutputHeads.Find(entries));
            _promoted.UnionWith(SensitiveProjections.Find(entries));
        }
    }

    /// <summary>True when the recipe quantizes embedding tables by itself.</summary>
    internal bool Embeddings => _options.Recipe is RecipeNames.Int8 or RecipeNames.Int4 or RecipeNames.Int4Mixed or RecipeNames.Auto;

    internal BitChoice Choose(WeightEntry entry, WeightView view, List<WeightUse> uses)
    {
        var size = _options.BlockSize ?? 32;
        if (_options.Recipe is RecipeNames.Int8 or RecipeNames.Int8Dynamic)
        {
            return new BitChoice(8, size, _options.Symmetric, false, $"recipe {_options.Recipe}");
        }

        if (_options.Recipe == RecipeNames.Int4Mixed && Promotion(entry, uses) is { } reason)
        {
            return new BitChoice(8, size, _options.Symmetric, false, reason);
        }

        return new BitChoice(4, size, _options.Symmetric, false, $"recipe {_options.Recipe}");
    }

    private string? Promotion(WeightEntry entry, List<WeightUse> uses)
    {
        if (_options.Promote is { } patterns)
        {
            return uses.Exists(u => NamePattern.MatchesAny(patterns, entry.Name, u.Node.Name)) ? "8 bits: Promote matches it"
                : uses.Exists(u => u.Kind == UseKind.Gather) ? "8 bits: embedding" : null;
        }

        return uses.Exists(u => u.Kind == UseKind.Gather) ? "8 bits: embedding"
            : _heads.Contains(entry) ? "8 bits: the output layer decides every token"
            : _promoted.Contains(entry) ? "8 bits: value and down projections of the outer and every third layer lose most" : null;
    }
}

internal static class RecipeNames
{
    internal const string Half = "fp16";
    internal const string Int8 = "int8";
    internal const string Int8Dynamic = "int8-dynamic";
    internal const string Int4 = "int4";
    internal const string Int4Mixed = "int4-mixed";
    internal const string Auto = "auto";
    internal const string Prune = "prune";
}
