namespace SlmOps.Inference.Samples;

/// <summary>Which inputs a model that is no language model is run on.</summary>
public record SampleOptions
{
    /// <summary>Sets of inputs to compare on.</summary>
    public int Samples { get; init; } = 8;

    /// <summary>Seed of the inputs.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// Sizes to try for open dimensions other than the first, which is the batch and 1: the first size that the baseline
    /// runs with counts. For models of token ids several lengths and batches are tried before, and all that run are used.
    /// </summary>
    public IReadOnlyList<int> OpenDimensions { get; init; } = [16, 64, 224, 512, 1];

    /// <summary>Sizes of open dimensions by the name that the model gives them.</summary>
    public IReadOnlyDictionary<string, int> NamedDimensions { get; init; } = new Dictionary<string, int>();

    /// <summary>What the graph and its owner say about the values of inputs, by the input's name.</summary>
    public IReadOnlyDictionary<string, InputHint> Inputs { get; init; } = new Dictionary<string, InputHint>();

    /// <summary>
    /// Whole numbers of which nobody says what they pick or count are 0 and 1 instead of a refusal. A verdict must not hang on
    /// that: it would be blind for the rest of a table.
    /// </summary>
    public bool GuessUnknown { get; init; }

    /// <summary>
    /// Files of inputs that the owner gives (<c>.npz</c>, <c>.npy</c>, <c>.json</c>), each set of which is compared instead of
    /// <see cref="Samples"/> made up ones; an input that a set leaves out is made up.
    /// </summary>
    public IReadOnlyList<string> SampleFiles { get; init; } = [];

    /// <summary>What those files may hold.</summary>
    public SampleLimits SampleLimits { get; init; } = new();

    /// <summary>For an encoder: UTF-8 text whose sentences are compared, with <see cref="TokenizerFile"/>; null for made up tokens.</summary>
    public string? TextFile { get; init; }

    /// <summary>The encoder's own tokenizer.</summary>
    public string? TokenizerFile { get; init; }

    /// <summary>Most sentences of <see cref="TextFile"/>.</summary>
    public int Sentences { get; init; } = 64;

    /// <summary>Most tokens of a sentence.</summary>
    public int SentenceTokens { get; init; } = 128;

    /// <summary>Most bytes of all inputs of one sample.</summary>
    public long MaxInputBytes { get; init; } = 256L << 20;
}
