using SlmOps.Inference.Predictions;

namespace SlmOps.Inference.Trials;

/// <summary>What one model did on one processor.</summary>
public sealed record TrialResult
{
    /// <summary>
    /// Growth of the process's own memory when the model was opened: what it may write to and what it maps of the model's files. The
    /// same count under an emulator, whose own memory is not part of it. Null where the system does not tell.
    /// </summary>
    public required long? ModelBytes { get; init; }

    /// <summary>Bytes of the key/value cache for one window; 0 without one.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>Each window at once, as a prompt is computed; for other models every set of inputs.</summary>
    public required TrialPass Prompt { get; init; }

    /// <summary>The same windows token by token through the cache, as answers are computed; null for other models.</summary>
    public TrialPass? Steps { get; init; }
}

/// <summary>One way through the text.</summary>
/// <param name="Positions">Predictions, or sets of inputs.</param>
/// <param name="Finite">True when every output is a finite number.</param>
/// <param name="Bits">SHA-256 of the outputs' bits: equal for processors that compute the same; empty where they were not kept.</param>
/// <param name="Differences">From each reference, in the order of the request.</param>
public sealed record TrialPass(int Positions, bool Finite, string Bits, IReadOnlyList<TrialDifference> Differences);

/// <summary>How far a pass is from the same pass of a reference. A figure that does not apply to the kind of model is null.</summary>
/// <param name="Kl">Mean divergence of the next-token distributions from the reference's, in nats.</param>
/// <param name="LargestKl">The largest of one position.</param>
/// <param name="Top1">Share of positions where both find the same token likeliest.</param>
/// <param name="LargestMargin">Where they do not, the largest lead of this one's token over the reference's, in logits; 0 when they always do.</param>
/// <param name="MeanLogProbability">Mean absolute difference of the log-probability of the token that follows in the text.</param>
/// <param name="LargestLogProbability">The largest one.</param>
/// <param name="SqnrDb">Signal to noise of the outputs of a model that is no language model, in dB.</param>
public sealed record TrialDifference(
    double? Kl, double? LargestKl, double? Top1, double? LargestMargin, double? MeanLogProbability, double? LargestLogProbability,
    double? SqnrDb)
{
    internal static TrialDifference Of(ReferenceScores scores) => new(
        scores.Kl, scores.LargestKl, scores.Top1, scores.LargestMargin, scores.MeanLogProbability, scores.LargestLogProbability, null);
}
