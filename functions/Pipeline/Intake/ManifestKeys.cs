using SlmOps.Contracts;
using SlmOps.Pipeline.Processors;
using SlmOps.Pipeline.Runs;
using SlmOps.Quantizer.Options;
using SlmOps.Quantizer.Recipes;

namespace SlmOps.Pipeline.Intake;

/// <summary>Every key of <c>slmops.json</c>.</summary>
internal static class ManifestKeys
{
    internal const int MostPatterns = 256;
    internal const int LongestPattern = 512;
    internal const string LabRequired = "required";
    private const int MostLabels = 64;

    internal static readonly TextKey Schema = new(
        "$schema",
        "Where the JSON schema of this file lies, for editors; nothing else reads it.");
    internal static readonly IntegerKey Format = new("schema", "Version of this format.", 1, 1, 1);
    internal static readonly NameKey Name = new("name", "Must equal the folder that the files are uploaded to.")
    {
        Otherwise = "the folder",
    };
    internal static readonly NameKey Version = new("version", "Must equal the folder that the files are uploaded to.")
    {
        Otherwise = "the folder",
    };
    internal static readonly PathKey Model = new("model", "The graph.") { Otherwise = "the only .onnx of the upload" };
    internal static readonly PathKey Tokenizer = new(
        "tokenizer",
        "Hugging Face tokenizer.json (BPE, WordPiece, Unigram), or the vocab.txt of a BERT model.")
    {
        Otherwise = "tokenizer.json, else vocab.txt, if there",
    };

    internal static readonly PathKey Smoke = new("smoke", "Prompts that a device tries before it trusts a build.")
    {
        Otherwise = "smoke.json if there, else four snippets of the evaluation text",
    };

    internal static readonly PathKey EvaluationText = new("text", "UTF-8 text of what the model is used for, at least 64 tokens.")
    {
        Otherwise = "eval.txt if there",
    };
    internal static readonly IntegerKey WindowTokens = new(
        "windowTokens",
        "Tokens scored from one empty cache.",
        8,
        8192,
        EvaluationRequest.Default.WindowTokens);
    internal static readonly IntegerKey MaxTokens = new(
        "maxTokens",
        "Most tokens read.",
        64,
        1_000_000,
        EvaluationRequest.Default.MaxTokens);
    internal static readonly ObjectKey Evaluation = new(
        "evaluation",
        "How quality is measured.",
        [EvaluationText, WindowTokens, MaxTokens]);

    internal static readonly ChoiceKey VariantRecipe = new(
        "recipe",
        "The model as it is, or a recipe of the quantizer.",
        [VariantRequest.Original, .. RecipeCatalog.All.Select(recipe => recipe.Name)])
    {
        Required = true,
    };

    internal static readonly NameKey VariantName = new("name", "Its name in the release.") { Otherwise = "the recipe" };
    internal static readonly IReadOnlyList<OptionKey> VariantOptions =
    [
        .. OptionCatalog.In(OptionPlaces.Manifest).Select(option => new OptionKey(option)),
    ];
    internal static readonly ListKey Variants = new(
        "variants",
        "Builds to make; the original is always one of them.",
        16,
        [VariantRecipe, VariantName, .. VariantOptions])
    {
        Otherwise = string.Join(", ", UploadManifest.Default.Variants.Select(variant => variant.Name)),
    };

    internal static readonly NumberKey MaxPerplexityIncrease = new(
        "maxPerplexityIncrease",
        "Highest relative rise of perplexity.",
        0,
        10,
        AcceptanceLimits.Default.MaxPerplexityIncrease);
    internal static readonly NumberKey MaxKl = new(
        "maxKl",
        "Highest mean divergence of the next-token distributions, in nats.",
        0,
        100,
        AcceptanceLimits.Default.MaxKl);
    internal static readonly NumberKey MinTop1Agreement = new(
        "minTop1Agreement",
        "Lowest share of tokens where both models choose the same.",
        0,
        1,
        AcceptanceLimits.Default.MinTop1Agreement);
    internal static readonly NumberKey MinSqnrDb = new(
        "minSqnrDb",
        "Lowest signal to noise ratio of the outputs of any other model, in decibels.",
        -100,
        200,
        AcceptanceLimits.Default.MinSqnrDb);
    internal static readonly NumberKey MinCosine = new(
        "minCosine",
        "Lowest mean cosine of the embeddings of an encoder.",
        -1,
        1,
        AcceptanceLimits.Default.MinCosine);
    internal static readonly NumberKey MinNeighbours = new(
        "minNeighbours",
        "Lowest share of nearest texts of an encoder that stay the same.",
        0,
        1,
        AcceptanceLimits.Default.MinNeighbours);
    internal static readonly ObjectKey Acceptance = new(
        "acceptance", "A variant beyond one of these is not released; the original is never refused by them.",
        [MaxPerplexityIncrease, MaxKl, MinTop1Agreement, MinSqnrDb, MinCosine, MinNeighbours]);

    internal static readonly WordsKey LabProcessorNames = new(
        "processors",
        $"Which processors: {LabProcessors.Names}; the lab's own machine is tried in any case.",
        [.. LabProcessors.All.Select(one => one.Name)])
    {
        Otherwise = string.Join(", ", LabRequest.Default.Processors),
    };
    internal static readonly IntegerKey LabTokens = new(
        "tokens", "Tokens of the evaluation text that language models are run on.", 16, 10_000, LabRequest.DefaultTokens);
    internal static readonly ChoiceKey LabMode = new(
        "mode",
        "`required`: a variant that could not be tried on one of them is not released; `advisory`: it is, and that is said.",
        [LabRequired, "advisory"])
    {
        Otherwise = "advisory",
    };
    internal static readonly ObjectKey Lab = new(
        "lab",
        "Tries every variant on other processors before it is packaged; one that fails is not offered to devices of that class.",
        [LabProcessorNames, LabTokens, LabMode])
    {
        Otherwise = "no lab",
    };

    private const int MostSampleFiles = 64;
    private const int MostInputs = 256;
    private const int MostDimensions = 8;
    private const int LargestSize = 1 << 24;
    private const double LargestValue = 1e18;

    internal static readonly PathsKey Samples = new(
        "samples",
        "A file of inputs to compare on, or a list of them.",
        MostSampleFiles,
        [".npz", ".npy", ".json"])
    {
        Otherwise = "inputs are made up",
    };
    internal static readonly NumberKey InputValue = new("value", "The value of all its elements.", -LargestValue, LargestValue, 0)
    {
        Otherwise = "",
    };
    internal static readonly NumberKey InputMin = new("min", "Lowest of values that are drawn.", -LargestValue, LargestValue, 0)
    {
        Otherwise = "",
    };
    internal static readonly NumberKey InputMax = new("max", "Highest of values that are drawn.", -LargestValue, LargestValue, 0)
    {
        Otherwise = "",
    };
    internal static readonly ShapeKey InputShape = new("shape", "Sizes of all its dimensions.", MostDimensions, LargestSize);
    internal static readonly NamedKey Inputs = new(
        "inputs", "What the input of that name takes: a value, or min and max.", MostInputs, [InputValue, InputMin, InputMax, InputShape])
    {
        Otherwise = "what the graph says",
    };

    internal static readonly SizesKey Dimensions = new(
        "dimensions",
        "Size of the dimension that the model calls by that name.",
        MostInputs,
        LargestSize)
    {
        Otherwise = "several are tried",
    };

    internal static readonly NameKey Channel = new("channel", "Devices that follow this channel get the release.")
    {
        Otherwise = "the model's name",
    };
    internal static readonly NameKey RingName = new("name", "Its name.") { Required = true };
    internal static readonly NumberKey RingFraction = new(
        "fraction", "Share of the devices that the selector matches, and cumulative.", 0, 1, 1);
    internal static readonly LabelsKey Selector = new("selector", "Labels that a device must have, all of them.", MostLabels)
    {
        Otherwise = "every device",
    };
    internal static readonly NumberKey ErrorThreshold = new(
        "errorThreshold",
        "Share of the ring's living devices that must fail for the release to be withdrawn; one must in any case.",
        0,
        1,
        0)
    {
        Otherwise = FormattableString.Invariant($"one device in the first ring, {RingThresholds.Few.Errors} in others"),
    };
    internal static readonly NumberKey SilenceThreshold = new(
        "silenceThreshold",
        "The same for devices that put the release in charge and then fall silent; 0 is one device, any other share two at least.",
        0,
        1,
        0)
    {
        Otherwise = FormattableString.Invariant($"one device in the first ring, {RingThresholds.Few.Silence} in others"),
    };
    internal static readonly ListKey Rings = new(
        "rings", "In order; the last must reach everybody.", 16, [RingName, RingFraction, Selector, ErrorThreshold, SilenceThreshold])
    {
        Otherwise = string.Join(
            ", ", RolloutRequest.Default.Rings.Select(ring => FormattableString.Invariant($"{ring.Name} {ring.Fraction}"))),
    };

    internal static readonly IntegerKey RolloutSoakSeconds = new(
        "soakSeconds",
        "How long a device watches an activated release before it commits.",
        0,
        7 * 86_400,
        RolloutRequest.Default.SoakSeconds);

    internal static readonly IntegerKey DeadlineSeconds = new(
        "deadlineSeconds",
        "A device that put the release in charge and says nothing for this long is silent; one that gets nowhere before that is behind.",
        5,
        30 * 86_400,
        RolloutRequest.Default.DeadlineSeconds);

    internal static readonly ObjectKey Rollout = new(
        "rollout",
        "How a release reaches the fleet.",
        [Channel, Rings, RolloutSoakSeconds, DeadlineSeconds]);

    /// <summary>What a model's file may hold.</summary>
    internal static readonly IReadOnlyList<ManifestKey> OfModel =
        [
            Schema, Format, Name, Version, Model, Tokenizer, Smoke, Evaluation, Variants, Samples, Inputs, Dimensions, Acceptance, Lab,
            Rollout,
        ];

    internal static readonly NameKey AdaptedModel = new("model", "The model that it adapts.") { Required = true };
    internal static readonly NameKey AdaptedVersion = new("version", "Its version; must be released.")
    {
        Otherwise = "what the channel runs as stable when the upload arrives",
    };
    internal static readonly NameKey AdaptedChannel = new("channel", "The channel whose devices get it.")
    {
        Otherwise = "the channel of that release",
    };
    internal static readonly FlagKey LocalLayer = new("localLayer", "Whether a device may add a layer of its own.", false);
    internal static readonly LabelsKey AdaptedSelector = Selector with { Most = ChannelOverlay.MaxSelector };
    internal static readonly IntegerKey AdaptedSoakSeconds = new(
        "soakSeconds", "How long a device watches it before it commits.", 0, 7 * 86_400, AdaptRequest.DefaultSoakSeconds);

    internal static readonly ObjectKey Adapts = new(
        "adapts",
        "Makes the upload an adaptation of a released model.",
        [AdaptedModel, AdaptedVersion, AdaptedChannel, AdaptedSelector, LocalLayer, AdaptedSoakSeconds])
    {
        Required = true,
    };

    /// <summary>What an adaptation's file may hold.</summary>
    internal static readonly IReadOnlyList<ManifestKey> OfAdaptation = [Schema, Format, Name, Version, Adapts];
}
