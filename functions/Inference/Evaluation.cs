using SlmOps.Inference.Predictions;

namespace SlmOps.Inference;

/// <summary>
/// Compares a language model with the one it was made from. What the original predicts is written to a file first, so
/// that it is computed once for any number of candidates.
/// </summary>
public static class Evaluation
{
    /// <summary>
    /// Runs a model over non-overlapping windows of a text, each from an empty cache and without a start token, and writes
    /// what it predicts. Every token of a window predicts the one after it, the last one the first of the next window. An
    /// incomplete last window is left out, unless it is the only one.
    /// </summary>
    /// <param name="baselinePath">The original model.</param>
    /// <param name="tokens">The text in the model's tokens, at least 2.</param>
    /// <param name="predictionsPath">The file to write; one that is there is replaced.</param>
    /// <param name="options">How to run it; null for the defaults.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops it, also within a forward pass.</param>
    /// <exception cref="ModelOpenException">When the model cannot be opened or is no language model.</exception>
    /// <exception cref="ArgumentException">When the text is too short or does not fit the vocabulary.</exception>
    /// <exception cref="InferenceException">When the model fails while it runs.</exception>
    public static PredictionResult Predict(
        string baselinePath,
        IReadOnlyList<int> tokens,
        string predictionsPath,
        EvaluationOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new();
        RequireText(tokens, options);
        using var model = EvaluatedModel.Open(baselinePath, options);
        return PredictWith(model, tokens, predictionsPath, options, progress, cancellationToken);
    }

    /// <summary>The same with a model that is open.</summary>
    internal static PredictionResult PredictWith(
        EvaluatedModel model,
        IReadOnlyList<int> tokens,
        string predictionsPath,
        EvaluationOptions options,
        IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        RequireText(tokens, options);
        var baseline = model.Model;
        EvaluationText.RequireInVocabulary(tokens, baseline);
        var window = Math.Min(Math.Min(options.WindowTokens, baseline.Shape.MaxPositions ?? int.MaxValue), tokens.Count - 1);
        var windows = Math.Max(1, Math.Min((tokens.Count - 1) / window, options.MaxWindows ?? int.MaxValue));

        // A model that is judged afterwards is measured now: the text would count as its memory then.
        var measured = options.MeasureBaselineSpeed || options.CandidateIsBaseline
            ? model.Measure(tokens, window, cancellationToken).Speed
            : null;
        var speed = options.MeasureBaselineSpeed && measured is not null ? measured : new(double.NaN, double.NaN);
        var vocabulary = baseline.Shape.VocabularySize;
        var header = new PredictionHeader(
            vocabulary, window, windows,
            PredictionHeader.Keep(vocabulary, (long)window * windows, options.WholePredictionBytes, options.MostPredictionBytes),
            speed.DecodeTokensPerSecond, speed.PrefillTokensPerSecond);
        using var file = new FileStream(predictionsPath, FileMode.Create, FileAccess.Write, FileShare.None, EvaluationText.FileBuffer);
        var writer = new PredictionWriter(file, header);
        EvaluationText.Run(baseline, tokens, window, windows, (logits, next) => writer.Add(logits, next), progress, cancellationToken);
        return new(header.Positions, windows, vocabulary, header.MostKept, Math.Exp(writer.Loss / header.Positions), file.Length);
    }

    /// <summary>Judges a candidate by what its baseline predicted. Speeds and memory are measured first, with no other model open.</summary>
    /// <param name="candidatePath">The model to judge.</param>
    /// <param name="predictionsPath">What <see cref="Predict"/> wrote for the same text.</param>
    /// <param name="tokens">The text.</param>
    /// <param name="options">How to compare; null for the defaults.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops it, also within a forward pass.</param>
    /// <exception cref="ModelOpenException">When the model cannot be opened or is no language model.</exception>
    /// <exception cref="ArgumentException">When the text does not fit the vocabulary, the vocabularies differ, or the candidate has fewer positions.</exception>
    /// <exception cref="InferenceException">When the model fails while it runs.</exception>
    /// <exception cref="InvalidDataException">When the file is broken.</exception>
    public static EvaluationResult Judge(
        string candidatePath,
        string predictionsPath,
        IReadOnlyList<int> tokens,
        EvaluationOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new();
        RequireText(tokens, options);
        using var model = EvaluatedModel.Open(candidatePath, options);
        return JudgeWith(model, predictionsPath, tokens, options, progress, cancellationToken);
    }

    /// <summary>The same with a model that is open.</summary>
    internal static EvaluationResult JudgeWith(
        EvaluatedModel model,
        string predictionsPath,
        IReadOnlyList<int> tokens,
        EvaluationOptions options,
        IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        RequireText(tokens, options);
        var candidate = model.Model;
        using var file = new FileStream(predictionsPath, FileMode.Open, FileAccess.Read, FileShare.Read, EvaluationText.FileBuffer);
        var reader = new PredictionReader(file);
        var header = reader.Header;
        EvaluationText.RequireInVocabulary(tokens, candidate);
        EvaluationText.RequireComparable(header, candidate, tokens);
        var measured = model.Measure(tokens, header.Window, cancellationToken);
        var scores = new PredictionScores(header.Vocabulary);
        if (options.CandidateIsBaseline)
        {
            for (var i = 0; i < header.Positions; i++)
            {
                scores.AddItself(reader.NextLoss());
            }
        }
        else
        {
            EvaluationText.Run(
                candidate,
                tokens,
                header.Window,
                header.Windows,
                (logits, next) => scores.Add(reader.Next(), logits, next),
                progress,
                cancellationToken);
        }

        return new()
        {
            BaselinePerplexity = scores.BaselinePerplexity,
            Perplexity = scores.Perplexity,
            PerplexityChange = (scores.Perplexity / scores.BaselinePerplexity) - 1,
            Kl = scores.Kl,
            KlUncertainty = scores.KlUncertainty,
            Top1Agreement = scores.Top1Agreement,
            BaselineTokensPerSecond = header.TokensPerSecond,
            TokensPerSecond = measured.Speed.DecodeTokensPerSecond,
            BaselinePrefillTokensPerSecond = header.PrefillTokensPerSecond,
            PrefillTokensPerSecond = measured.Speed.PrefillTokensPerSecond,
            PeakBytes = measured.PeakBytes,
            LoadMs = model.LoadMs,
            Tokens = scores.Count,
            Windows = header.Windows,
        };
    }

    /// <summary>Predicts with the one and judges the other, with the file between them in a folder of its own.</summary>
    /// <param name="baselinePath">The original model.</param>
    /// <param name="candidatePath">The model to judge.</param>
    /// <param name="tokens">The text in the models' tokens, at least 2.</param>
    /// <param name="options">How to compare; null for the defaults.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the comparison, also within a forward pass.</param>
    /// <exception cref="ModelOpenException">When one of the models cannot be opened or is no language model.</exception>
    /// <exception cref="ArgumentException">When the text is too short, does not fit the vocabulary, or the models cannot be compared.</exception>
    /// <exception cref="InferenceException">When a model fails while it runs.</exception>
    public static EvaluationResult Compare(
        string baselinePath,
        string candidatePath,
        IReadOnlyList<int> tokens,
        EvaluationOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("slmops-");
        try
        {
            var predictions = Path.Combine(folder.FullName, "predictions");
            Predict(baselinePath, tokens, predictions, options, Half(progress, 0), cancellationToken);
            return Judge(candidatePath, predictions, tokens, options, Half(progress, 0.5), cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static HalfProgress? Half(IProgress<double>? progress, double start) => progress is null ? null : new(progress, start);

    private static void RequireText(IReadOnlyList<int> tokens, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WindowTokens, 1, nameof(options));
        if (tokens.Count < 2)
        {
            throw new ArgumentException($"The evaluation text has {tokens.Count} token(s); at least 2 are needed.", nameof(tokens));
        }
    }

    private sealed class HalfProgress(IProgress<double> whole, double start) : IProgress<double>
    {
        public void Report(double value) => whole.Report(start + (value / 2));
    }
}
