using SlmOps.Inference.Samples;

namespace SlmOps.Inference.Trials;

/// <summary>What one model is to be run on, on one processor, and what its results are compared with.</summary>
public sealed record TrialRequest
{
    /// <summary>A text in the model's tokens, at least 2; empty for a model that is no language model, which gets made up inputs.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>Tokens in one window, each from an empty cache.</summary>
    public int WindowTokens { get; init; } = 48;

    /// <summary>Most windows that are also fed token by token; null for all.</summary>
    public int? StepWindows { get; init; }

    /// <summary>Folder to write the results into, for other trials to compare with; null for none.</summary>
    public string? Record { get; init; }

    /// <summary>Folders that earlier trials of the same text, or of a longer one that begins with it, recorded into.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>Most bytes of a recorded file; beyond, only the likeliest tokens of a position are kept.</summary>
    public long MostRecordBytes { get; init; } = 128L << 20;

    /// <summary>How the model is opened.</summary>
    public LanguageModelOptions Model { get; init; } = new();

    /// <summary>The inputs of a model that is no language model.</summary>
    public SampleOptions Samples { get; init; } = new();
}
