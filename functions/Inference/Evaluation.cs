namespace SlmOps.Inference;

/// <summary>Compares a language model with the one it was made from.</summary>
public static class Evaluation
{
    /// <summary>
    /// Scores both models on non-overlapping windows of a text, each from an empty cache and without a start token, side
    /// by side, so that memory holds one window of logits of each. Every token of a window predicts the one after it,
    /// the last one the first of the next window. An incomplete last window is left out, unless it is the only one. Then speeds and memory, which are measured with one model open at a time.
    /// </summary>
    /// <param name="baselinePath">The original model.</param>
    /// <param name="candidatePath">The model to judge.</param>
    /// <param name="tokens">The text in the models' tokens, at least 2.</param>
    /// <param name="options">How to compare; null for the defaults.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the comparison, also within a forward pass.</param>
    /// <exception cref="ModelOpenException">When one of the models cannot be opened or is no language model.</exception>
    /// <exception cref="ArgumentException">When the text is too short, does not fit the vocabulary, or the vocabularies differ.</exception>
    /// <exception cref="InferenceException">When a model fails while it runs.</exception>
    public static EvaluationResult Compare(
        string baselinePath,
        string candidatePath,
        IReadOnlyList<int> tokens,
        EvaluationOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WindowTokens, 1, nameof(options));
        if (tokens.Count < 2)
        {
            throw new ArgumentException($"The evaluation text has {tokens.Count} token(s); at least 2 are needed.", nameof(tokens));
        }

        var before = options.Memory.Start();
        var start = options.Time.GetTimestamp();
        using var candidate = LanguageModel.Open(candidatePath, options.Model);
        var loadMs = options.Time.GetElapsedTime(start).TotalMilliseconds;
        RequireInVocabulary(tokens, candidate);
        var window = Math.Min(Math.Min(options.WindowTokens, candidate.Shape.MaxPositions ?? int.MaxValue), tokens.Count - 1);
        var speed = DecodeSpeed.Measure(candidate, tokens, window, options, cancellationToken);
        var peak = Math.Max(0, options.Memory.Peak() - before);

        using var baseline = LanguageModel.Open(baselinePath, options.Model);
        RequireSameVocabulary(baseline, candidate);
        window = Math.Min(window, baseline.Shape.MaxPositions ?? int.MaxValue);
        var baselineSpeed = DecodeSpeed.Measure(baseline, tokens, window, options, cancellationToken);
        var windows = Math.Max(1, Math.Min((tokens.Count - 1) / window, options.MaxWindows ?? int.MaxValue));
        var scores = Score(baseline, candidate, tokens, window, windows, progress, cancellationToken);

        return new(
            scores.BaselinePerplexity,
            scores.Perplexity,
            (scores.Perplexity / scores.BaselinePerplexity) - 1,
            scores.Kl,
            scores.Top1Agreement,
            baselineSpeed.DecodeTokensPerSecond,
            speed.DecodeTokensPerSecond,
            baselineSpeed.PrefillTokensPerSecond,
            speed.PrefillTokensPerSecond,
            peak,
            loadMs,
            scores.Count,
            windows);
    }

    private static PredictionScores Score(
        LanguageModel baseline,
        LanguageModel candidate,
        IReadOnlyList<int> tokens,
        int window,
        int windows,
        IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        var vocabulary = baseline.Shape.VocabularySize;
        var scores = new PredictionScores(vocabulary);
        using var reference = baseline.NewSession();
        using var judged = candidate.NewSession();
        var text = new int[window];
        for (var w = 0; w < windows; w++)
        {
            for (var i = 0; i < window; i++)
            {
                text[i] = tokens[(w * window) + i];
            }

            reference.Reset();
            judged.Reset();
            var expected = reference.Append(text, allLogits: true, cancellationToken);
            var actual = judged.Append(text, allLogits: true, cancellationToken);
            for (var i = 0; i < window; i++)
            {
                scores.Add(expected.Slice(i * vocabulary, vocabulary), actual.Slice(i * vocabulary, vocabulary), tokens[(w * window) + i + 1]);
            }

            progress?.Report((w + 1.0) / windows);
        }

        return scores;
    }

    private static void RequireInVocabulary(IReadOnlyList<int> tokens, LanguageModel model)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i] < 0 || tokens[i] >= model.Shape.VocabularySize)
            {
                throw new ArgumentException(
                    $"Token {tokens[i]} at place {i} of the evaluation text is outside the vocabulary of '{model.ModelPath}', 0 to {model.Shape.VocabularySize - 1}. The text must be encoded with the model's own tokenizer.",
                    nameof(tokens));
            }
        }
    }

    private static void RequireSameVocabulary(LanguageModel baseline, LanguageModel candidate)
    {
        if (baseline.Shape.VocabularySize != candidate.Shape.VocabularySize)
        {
            throw new ArgumentException(
                $"'{candidate.ModelPath}' has a vocabulary of {candidate.Shape.VocabularySize} and '{baseline.ModelPath}' one of {baseline.Shape.VocabularySize}; they cannot be compared.");
        }
    }
}
