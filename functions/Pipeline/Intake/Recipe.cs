using SlmOps.Contracts;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Intake;

/// <summary>What <c>slmops.json</c> asks for, with every default filled in.</summary>
internal sealed record Recipe(
    string? Model,
    string? Tokenizer,
    EvaluationRecipe Evaluation,
    string? Smoke,
    IReadOnlyList<VariantRecipe> Variants,
    AcceptanceRecipe Acceptance,
    RolloutRecipe Rollout)
{
    /// <summary>The recipe of the quantizer that leaves a model as it is.</summary>
    internal const string Original = VariantOffer.OriginalRecipe;

    internal static readonly Recipe Default = new(
        null,
        null,
        EvaluationRecipe.Default,
        null,
        [new("fp32", Original, null), new("int8", "int8", null), new("int4", "int4", null)],
        AcceptanceRecipe.Default,
        RolloutRecipe.Default);
}

/// <summary>One build of the model: a recipe of the quantizer and, where its defaults do not fit, its options.</summary>
internal sealed record VariantRecipe(string Name, string Recipe, int? BlockSize)
{
    public bool? Symmetric { get; init; }

    public bool? Embeddings { get; init; }

    public IReadOnlyList<string> Include { get; init; } = [];

    public IReadOnlyList<string> Exclude { get; init; } = [];

    public IReadOnlyList<string> KeepFloat { get; init; } = [];

    public long? SizeBudget { get; init; }

    public double? ErrorBudget { get; init; }

    public double? Sparsity { get; init; }

    public bool TwoOfFour { get; init; }

    public bool ReduceRange { get; init; }

    public bool SignedWeights { get; init; }

    public IReadOnlyList<string> Promote { get; init; } = [];

    internal QuantizationOptions ToOptions(int threads) => new()
    {
        Recipe = Recipe,
        BlockSize = BlockSize,
        Symmetric = Symmetric,
        Embeddings = Embeddings,
        Include = Include,
        Exclude = Exclude,
        KeepFloat = KeepFloat,
        SizeBudget = SizeBudget,
        ErrorBudget = ErrorBudget,
        Sparsity = Sparsity,
        TwoOfFour = TwoOfFour,
        ReduceRange = ReduceRange,
        SignedWeights = SignedWeights,
        Promote = Promote.Count > 0 ? Promote : null,
        Threads = threads,
    };
}

/// <summary>How quality is measured: text file, tokens in a window, most tokens read.</summary>
internal sealed record EvaluationRecipe(string? Text, int WindowTokens, int MaxTokens)
{
    internal static readonly EvaluationRecipe Default = new(null, 128, 20_000);
}

/// <summary>Limits that a variant must keep to be released; the original is measured, never refused by them.</summary>
internal sealed record AcceptanceRecipe(double MaxPerplexityIncrease, double MaxKl, double MinTop1Agreement, double MinSqnrDb)
{
    internal static readonly AcceptanceRecipe Default = new(0.05, 0.10, 0.80, 15);
}

/// <summary>How a release reaches the fleet; a null channel means the model's name.</summary>
internal sealed record RolloutRecipe(string? Channel, IReadOnlyList<Ring> Rings, int SoakSeconds, int DeadlineSeconds)
{
    private static readonly Dictionary<string, string> Everyone = [];

    internal static readonly RolloutRecipe Default = new(
        null,
        [new("canary", 0.10, Everyone), new("early", 0.50, Everyone), new("all", 1.0, Everyone)],
        SoakSeconds: 60,
        DeadlineSeconds: 1800);
}
