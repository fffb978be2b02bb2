using System.Text.Json.Serialization;

namespace SlmOps.Inference;

/// <summary>How two language models are compared.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Tokens in one window, 1 or more; a model with fewer positions gets windows of its own length.</summary>
    public int WindowTokens { get; init; } = 128;

    /// <summary>Most windows to score, from the start of the text; null scores every complete one.</summary>
    public int? MaxWindows { get; init; }

    /// <summary>How both models are opened.</summary>
    public LanguageModelOptions Model { get; init; } = new();

    /// <summary>Times that each speed is measured; the best counts, as interruptions only ever make it slower.</summary>
    public int SpeedRepeats { get; init; } = 3;

    /// <summary>Tokens before the timed decoding starts; shortened for a model with fewer positions.</summary>
    public int SpeedPromptTokens { get; init; } = 64;

    /// <summary>Tokens decoded one by one in each repeat; shortened for a model with fewer positions.</summary>
    public int SpeedNewTokens { get; init; } = 32;

    /// <summary>False to leave the baseline's speed out, where nobody asks for it.</summary>
    public bool MeasureBaselineSpeed { get; init; } = true;

    /// <summary>True when the candidate holds the same bytes as the baseline: its predictions are not computed again.</summary>
    public bool CandidateIsBaseline { get; init; }

    /// <summary>Size up to which a file of predictions keeps every token of every position.</summary>
    public long WholePredictionBytes { get; init; } = 256L << 20;

    /// <summary>Most bytes of a file of predictions that keeps the likeliest tokens alone.</summary>
    public long MostPredictionBytes { get; init; } = 1L << 30;

    /// <summary>Seed that picks the prompts of the speed measurement out of the text.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Clock of the speed measurement.</summary>
    [JsonIgnore]
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reader of this process's memory.</summary>
    [JsonIgnore]
    public PeakMemory Memory { get; init; } = PeakMemory.ForThisSystem();
}
