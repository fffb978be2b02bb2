namespace SlmOps.Quantizer.Analysis;

/// <summary>
/// How much a relative error of one weight costs the model, for weights without calibration. Measured once as the share
/// of divergence that each kind of projection of a trained decoder causes at 4 bits; names decide the kind, and the output
/// layer is found by its place in the graph.
/// </summary>
internal static class Sensitivity
{
    private const double OutputLayer = 7;
    private const double Unknown = 0.6;

    private static readonly (string[] Names, double Value)[] Kinds =
    [
        (["down_proj", "fc2", "ffn_down", "w2", "dense_4h_to_h"], 1.3),
        (["gate_proj", "ffn_gate", "w1"], 0.8),
        (["up_proj", "fc1", "ffn_up", "w3", "dense_h_to_4h", "gate_up_proj"], 0.6),
        (["v_proj", "value_proj", "attn_v", "qkv_proj", "c_attn", "query_key_value"], 0.55),
        (["o_proj", "out_proj", "attn_output"], 0.45),
        (["k_proj", "key_proj", "attn_k"], 0.15),
        (["q_proj", "query_proj", "attn_q"], 0.1),
    ];

    internal static double Of(WeightEntry weight, IReadOnlySet<WeightEntry> heads)
    {
        if (heads.Contains(weight))
        {
            return OutputLayer;
        }

        foreach (var (names, value) in Kinds)
        {
            if (names.Any(n => NameParts.Has(weight, n)))
            {
                return value;
            }
        }

        return Unknown;
    }
}

/// <summary>Looks for a word between the separators of the names of a weight and its nodes.</summary>
internal static class NameParts
{
    private static readonly char[] Separators = ['.', '/', ':', '-'];

    internal static bool Has(WeightEntry entry, string part) =>
        Is(entry.Name, part) || entry.Uses.Exists(u => Is(u.Node.Name, part));

    private static bool Is(string name, string part) =>
        name.Split(Separators).Any(p => string.Equals(p, part, StringComparison.OrdinalIgnoreCase));
}
