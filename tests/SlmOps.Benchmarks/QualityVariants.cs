using SlmOps.Quantizer;

namespace SlmOps.Benchmarks;

/// <summary>The variants that the quality table lists.</summary>
internal static class QualityVariants
{
    private static readonly string[] Sensitive = ["*lm_head*", "*down_proj*", "*v_proj*"];

    private static readonly (string Name, QuantizationOptions Options)[] All =
    [
        ("fp16", new() { Recipe = "fp16" }),
        ("int8-dynamic", new() { Recipe = "int8-dynamic" }),
        ("int8-dynamic signed", new() { Recipe = "int8-dynamic", SignedWeights = true }),
        ("int8-dynamic reduced range", new() { Recipe = "int8-dynamic", ReduceRange = true }),
        ("int8-dynamic, 8-bit embedding", new() { Recipe = "int8-dynamic", Embeddings = true }),
        ("prune 20 %", new() { Recipe = "prune", Sparsity = 0.2 }),
        ("prune 50 %", new() { Recipe = "prune", Sparsity = 0.5 }),
        ("prune 2 of 4", new() { Recipe = "prune", TwoOfFour = true }),
        ("int4, pruned 20 %", new() { Recipe = "int4", Sparsity = 0.2, Embeddings = false }),
        ("int8, embedding float", new() { Recipe = "int8", Embeddings = false }),
        ("int8", new() { Recipe = "int8" }),
        ("int4 plain", new() { Recipe = "int4", Search = false, Symmetric = false, Embeddings = false }),
        ("int4 plain symmetric", new() { Recipe = "int4", Search = false, Symmetric = true, Embeddings = false }),
        ("int4 search asymmetric", new() { Recipe = "int4", Symmetric = false, Embeddings = false }),
        ("int4 search symmetric", new() { Recipe = "int4", Symmetric = true, Embeddings = false }),
        ("int4", new() { Recipe = "int4", Embeddings = false }),
        ("int4, embedding too", new() { Recipe = "int4" }),
        (
            "int4-mixed lm_head plain",
            new()
            {
                Recipe = "int4-mixed",
                Promote = ["*lm_head*"],
                Embeddings = false,
                Search = false,
                Symmetric = false,
            }
        ),
        (
            "int4-mixed lm_head",
            new()
            {
                Recipe = "int4-mixed",
                Promote = ["*lm_head*"],
                Embeddings = false,
            }
        ),
        (
            "int4-mixed lm_head down v",
            new()
            {
                Recipe = "int4-mixed",
                Promote = Sensitive,
                Embeddings = false,
            }
        ),
        ("int4-mixed", new() { Recipe = "int4-mixed" }),
    ];

    internal static IEnumerable<(string Name, QuantizationOptions Options)> Select(Arguments arguments) =>
        arguments.Has("recipe") ? [("given", arguments.Quantization(arguments.Text("recipe", "")))]
        : arguments.Has("only") ? All.Where(v => v.Name.Contains(arguments.Text("only", ""), StringComparison.Ordinal)) : All;
}
