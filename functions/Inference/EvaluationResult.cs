namespace SlmOps.Inference;

/// <summary>
/// What a candidate lost and gained against its baseline. Quality figures are NaN or infinite when a model's logits are.
/// </summary>
public sealed record EvaluationResult
{
    /// <summary>exp of the mean negative log-likelihood of the text under the baseline.</summary>
    public required double BaselinePerplexity { get; init; }

    /// <summary>exp of the mean negative log-likelihood of the text under the candidate.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Perplexity / BaselinePerplexity − 1.</summary>
    public required double PerplexityChange { get; init; }

    /// <summary>Mean Kullback-Leibler divergence D(baseline ‖ candidate) of the next-token distributions, in nats.</summary>
    public required double Kl { get; init; }

    /// <summary>Most that <see cref="Kl"/> may be too low, as only the baseline's likeliest tokens were kept; 0 when all were.</summary>
    public required double KlUncertainty { get; init; }

    /// <summary>Share of positions where both find the same token likeliest, 0 to 1.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Greedy decoding speed of the baseline, one sequence.</summary>
    public required double BaselineTokensPerSecond { get; init; }

    /// <summary>Greedy decoding speed of the candidate, one sequence.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Speed of one forward pass over a window, baseline.</summary>
    public required double BaselinePrefillTokensPerSecond { get; init; }

    /// <summary>Speed of one forward pass over a window, candidate.</summary>
    public required double PrefillTokensPerSecond { get; init; }

    /// <summary>
    /// Growth of the process's resident memory while the candidate alone was opened and ran; other work of the process at
    /// that time counts too.
    /// </summary>
    public required long PeakBytes { get; init; }

    /// <summary>Milliseconds to open the candidate.</summary>
    public required double LoadMs { get; init; }

    /// <summary>Predictions scored: one for each token of each window.</summary>
    public required int Tokens { get; init; }

    /// <summary>Windows scored.</summary>
    public required int Windows { get; init; }
}
