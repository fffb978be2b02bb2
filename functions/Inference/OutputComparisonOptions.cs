using System.Text.Json.Serialization;
using SlmOps.Inference.Samples;

namespace SlmOps.Inference;

/// <summary>How two models that are not language models are compared.</summary>
public sealed record OutputComparisonOptions : SampleOptions
{
    /// <summary>Times that each latency is measured; the best counts.</summary>
    public int LatencyRepeats { get; init; } = 5;

    /// <summary>Threads inside one operator.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>LoRA adapter files that are active in the candidate's runs, and not in the baseline's.</summary>
    public IReadOnlyList<string> CandidateAdapters { get; init; } = [];

    /// <summary>Clock of the latency measurement.</summary>
    [JsonIgnore]
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reader of this process's memory.</summary>
    [JsonIgnore]
    public PeakMemory Memory { get; init; } = PeakMemory.ForThisSystem();
}
