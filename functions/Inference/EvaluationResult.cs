namespace SlmOps.Inference;

/// <summary>
/// What a candidate lost and gained against its baseline. Quality figures are NaN or infinite when a model's logits are.
/// </summary>
/// <param name="BaselinePerplexity">exp of the mean negative log-likelihood of the text under the baseline.</param>
/// <param name="Perplexity">The same for the candidate.</param>
/// <param name="PerplexityChange">Perplexity / BaselinePerplexity − 1.</param>
/// <param name="Kl">Mean Kullback-Leibler divergence D(baseline ‖ candidate) of the next-token distributions, in nats.</param>
/// <param name="KlUncertainty">Most that <paramref name="Kl"/> may be too low, as only the baseline's likeliest tokens were kept; 0 when all were.</param>
/// <param name="Top1Agreement">Share of positions where both find the same token likeliest, 0 to 1.</param>
/// <param name="BaselineTokensPerSecond">Greedy decoding speed of the baseline, one sequence.</param>
/// <param name="TokensPerSecond">The same for the candidate.</param>
/// <param name="BaselinePrefillTokensPerSecond">Speed of one forward pass over a window, baseline.</param>
/// <param name="PrefillTokensPerSecond">The same for the candidate.</param>
/// <param name="PeakBytes">
/// Growth of the process's resident memory while the candidate alone was opened and ran; other work of the process at
/// that time counts too.
/// </param>
/// <param name="LoadMs">Milliseconds to open the candidate.</param>
/// <param name="Tokens">Predictions scored: one for each token of each window.</param>
/// <param name="Windows">Windows scored.</param>
public sealed record EvaluationResult(
    double BaselinePerplexity,
    double Perplexity,
    double PerplexityChange,
    double Kl,
    double KlUncertainty,
    double Top1Agreement,
    double BaselineTokensPerSecond,
    double TokensPerSecond,
    double BaselinePrefillTokensPerSecond,
    double PrefillTokensPerSecond,
    long PeakBytes,
    double LoadMs,
    int Tokens,
    int Windows);
