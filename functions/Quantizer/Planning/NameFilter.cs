namespace SlmOps.Quantizer.Planning;

/// <summary>The names that options leave as they are.</summary>
internal sealed class NameFilter(QuantizationOptions options)
{
    internal string? Refusal(string weight, IEnumerable<string> nodes)
    {
        var names = nodes.Append(weight).ToList();
        return names.Exists(options.KeepFloat.Contains) ? "KeepFloat names it"
            : names.Exists(n => NamePattern.MatchesAny(options.Exclude, n, n)) ? "Exclude matches it"
            : options.Include.Count > 0 && !names.Exists(n => NamePattern.MatchesAny(options.Include, n, n)) ? "Include does not match it"
            : null;
    }
}
