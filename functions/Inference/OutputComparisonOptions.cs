using System.Text.Json.Serialization;

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
    /// runs with counts.
    /// </summary>
    public IReadOnlyList<int> OpenDimensions { get; init; } = [16, 64, 224, 512, 1];

    /// <summary>LoRA adapter files that are active in the candidate's runs, and not in the baseline's.</summary>
    public IReadOnlyList<string> CandidateAdapters { get; init; } = [];

    /// <summary>Sizes of open dimensions by the name that the model gives them.</summary>
    public IReadOnlyDictionary<string, int> NamedDimensions { get; init; } = new Dictionary<string, int>();

    /// <summary>Most bytes of all inputs of one sample.</summary>
    public long MaxInputBytes { get; init; } = 256L << 20;

    /// <summary>Clock of the latency measurement.</summary>
    [JsonIgnore]
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reader of this process's memory.</summary>
    [JsonIgnore]
    public PeakMemory Memory { get; init; } = PeakMemory.ForThisSystem();
}
