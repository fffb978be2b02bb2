using System.Text.Json.Serialization;
using SlmOps.Inference.Samples;

namespace SlmOps.Inference;

/// <summary>How two models that are not language models are compared.</summary>
public sealed record OutputComparisonOptions
{
    /// <summary>Sets of inputs to compare on.</summary>
    public int Samples { get; init; } = 8;

    /// <summary>Seed of the inputs.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Times that each latency is measured; the best counts.</summary>
    public int LatencyRepeats { get; init; } = 5;

    /// <summary>Threads inside one operator.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Sizes to try for open dimensions other than the first, which is the batch and 1: the first size that the baseline
    /// runs with counts. For models of token ids several lengths and batches are tried before, and all that run are used.
    /// </summary>
    public IReadOnlyList<int> OpenDimensions { get; init; } = [16, 64, 224, 512, 1];

    /// <summary>LoRA adapter files that are active in the candidate's runs, and not in the baseline's.</summary>
    public IReadOnlyList<string> CandidateAdapters { get; init; } = [];

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

    /// <summary>Clock of the latency measurement.</summary>
    [JsonIgnore]
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reader of this process's memory.</summary>
    [JsonIgnore]
    public PeakMemory Memory { get; init; } = PeakMemory.ForThisSystem();
}
