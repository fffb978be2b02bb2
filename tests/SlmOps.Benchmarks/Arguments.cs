using System.Globalization;
using SlmOps.Quantizer;

namespace SlmOps.Benchmarks;

/// <summary>Reads `--name value` pairs and what is left over.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _named = new(StringComparer.Ordinal);

    internal Arguments(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                Rest.Add(arguments[i]);
            }
            else
            {
                _named[arguments[i][2..]] = ++i < arguments.Count ? arguments[i] : "";
            }
        }
    }

    internal List<string> Rest { get; } = [];

    internal string Text(string name, string otherwise) => _named.GetValueOrDefault(name, otherwise);

    internal int Number(string name, int otherwise) =>
        _named.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    internal bool Has(string name) => _named.ContainsKey(name);

    internal QuantizationOptions Quantization(string recipe) => new()
    {
        Recipe = recipe,
        BlockSize = Has("block") ? Number("block", 32) : null,
        Search = Text("search", "true") == "true",
        Symmetric = Has("symmetric") ? Text("symmetric", "") == "true" : null,
        Embeddings = Has("embeddings") ? Text("embeddings", "") == "true" : null,
        Promote = Has("promote") ? Text("promote", "").Split(',', StringSplitOptions.RemoveEmptyEntries) : null,
        SizeBudget = Has("size") ? long.Parse(Text("size", ""), CultureInfo.InvariantCulture) : null,
        Sparsity = Has("sparsity") ? double.Parse(Text("sparsity", ""), CultureInfo.InvariantCulture) : null,
        TwoOfFour = Has("two-of-four"),
        ReduceRange = Has("reduce-range"),
        SignedWeights = Has("signed"),
        Threads = Has("threads") ? Number("threads", 1) : null,
    };
}
