using SlmOps.Quantizer;

namespace SlmOps.Benchmarks;

/// <summary>The variants that the quality table lists.</summary>
internal static class QualityVariants
{
    private static readonly string[] s_sensitive = ["*lm_head*", "*down_proj*", "*v_proj*"];

    private static readonly (string Name, QuantizationOptions Options)[] s_all =
    [
        ("int8, embedding float", new() { Recipe = "int8", Embeddings = false }),
        ("int8", new() { Recipe = "int8" }),
        ("int4 plain", new() { Recipe = "int4", Search = false, Symmetric = false }),
        ("int4 plain symmetric", new() { Recipe = "int4", Search = false, Symmetric = true }),
        ("int4 search asymmetric", new() { Recipe = "int4", Symmetric = false }),
        ("int4 search symmetric", new() { Recipe = "int4", Symmetric = true }),
        ("int4", new() { Recipe = "int4" }),
        ("int4-mixed lm_head plain", new() { Recipe = "int4-mixed", Promote = ["*lm_head*"], Embeddings = false, Search = false, Symmetric = false }),
        ("int4-mixed lm_head", new() { Recipe = "int4-mixed", Promote = ["*lm_head*"], Embeddings = false }),
        ("int4-mixed lm_head down v", new() { Recipe = "int4-mixed", Promote = s_sensitive, Embeddings = false }),
        ("int4-mixed", new() { Recipe = "int4-mixed" }),
    ];

    internal static IEnumerable<(string Name, QuantizationOptions Options)> Select(Arguments arguments) =>
        arguments.Has("only") ? s_all.Where(v => v.Name.Contains(arguments.Text("only", ""), StringComparison.Ordinal)) : s_all;
}
