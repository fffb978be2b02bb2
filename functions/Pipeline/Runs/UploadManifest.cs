using SlmOps.Contracts;
using SlmOps.Quantizer;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Pipeline.Runs;

/// <summary>What <c>slmops.json</c> asks for, with every default filled in.</summary>
internal sealed record UploadManifest(
    string? Model,
    string? Tokenizer,
    EvaluationRequest Evaluation,
    string? Smoke,
    IReadOnlyList<VariantRequest> Variants,
    AcceptanceLimits Acceptance,
    RolloutRequest Rollout)
{
    internal const string FileName = "slmops.json";

    /// <summary>What is said about the model's inputs.</summary>
    public SampleRequest Samples { get; init; } = SampleRequest.Default;

    /// <summary>What the device lab is to try; null for nothing.</summary>
    public LabRequest? Lab { get; init; }

    internal static readonly UploadManifest Default = new(
        null,
        null,
        EvaluationRequest.Default,
        null,
        [new("fp32", null), Plain(RecipeCatalog.Careful), Plain(RecipeCatalog.Small)],
        AcceptanceLimits.Default,
        RolloutRequest.Default);

    private static VariantRequest Plain(Recipe recipe) => new(recipe.Name, new QuantizationOptions { Recipe = recipe.Name });
}

/// <summary>How quality is measured: text file, tokens in a window, most tokens read.</summary>
internal sealed record EvaluationRequest(string? Text, int WindowTokens, int MaxTokens)
{
    internal static readonly EvaluationRequest Default = new(null, 128, 20_000);
}

/// <summary>
/// Limits that a variant must keep to be released; the original is measured, never refused by them. What they are set by
/// stands in docs/slmops-json.md.
/// </summary>
internal sealed record AcceptanceLimits(double MaxPerplexityIncrease, double MaxKl, double MinTop1Agreement, double MinSqnrDb)
{
    internal static readonly AcceptanceLimits Default = new(0.05, 0.10, 0.80, 15);

    /// <summary>Least mean cosine of embeddings, for encoders.</summary>
    public double MinCosine { get; init; } = 0.95;

    /// <summary>Least share of nearest texts that stay the same, for encoders.</summary>
    public double MinNeighbours { get; init; } = 0.80;
}

/// <summary>How a release reaches the fleet; a null channel means the model's name.</summary>
internal sealed record RolloutRequest(ChannelName? Channel, IReadOnlyList<Ring> Rings, int SoakSeconds, int DeadlineSeconds)
{
    private static readonly Dictionary<string, string> Everyone = [];

    /// <summary>What counts against the release, ring by ring; the default for rings that it does not reach.</summary>
    public IReadOnlyList<RingThresholds> Thresholds { get; init => field = value ?? []; } = [];

    internal RingThresholds ThresholdsOf(int ring) => ring < Thresholds.Count ? Thresholds[ring]
        : ring == 0 ? RingThresholds.One
        : RingThresholds.Few;

    internal static readonly RolloutRequest Default = new(
        null,
        [new("canary", 0.10, Everyone), new("early", 0.50, Everyone), new("all", 1.0, Everyone)],
        SoakSeconds: 60,
        DeadlineSeconds: 1800);
}

/// <summary>What counts against a release in a ring; one device must in any case.</summary>
/// <param name="Errors">Share of its living devices that fail.</param>
/// <param name="Silence">Share of them that fall silent with the release in charge.</param>
internal sealed record RingThresholds(double Errors, double Silence)
{
    /// <summary>One device: for the first ring.</summary>
    internal static readonly RingThresholds One = new(0, 0);

    /// <summary>For the others: among many devices there is always one that dies by itself.</summary>
    internal static readonly RingThresholds Few = new(0.05, 0.10);
}
