using SlmOps.Inference.Predictions;

namespace SlmOps.Inference;

/// <summary>Takes one row of logits and the token that follows in the text.</summary>
internal delegate void PredictionSink(ReadOnlySpan<float> logits, int next);

/// <summary>Runs a model over the windows of a text, and says when the two do not fit together.</summary>
internal static class EvaluationText
{
    internal const int FileBuffer = 1 << 20;

    internal static void Run(
        LanguageModel model,
        IReadOnlyList<int> tokens,
        int window,
        int windows,
        PredictionSink sink,
        IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        var vocabulary = model.Shape.VocabularySize;
        using var session = model.NewSession();
        var text = new int[window];
        for (var w = 0; w < windows; w++)
        {
            var first = w * window;
            for (var i = 0; i < window; i++)
            {
                text[i] = tokens[first + i];
            }

            session.Reset();
            var logits = session.Append(text, allLogits: true, cancellationToken);
            for (var i = 0; i < window; i++)
            {
                sink(logits.Slice(i * vocabulary, vocabulary), tokens[first + i + 1]);
            }

            progress?.Report((w + 1.0) / windows);
        }
    }

    internal static void RequireInVocabulary(IReadOnlyList<int> tokens, LanguageModel model)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i] < 0 || tokens[i] >= model.Shape.VocabularySize)
            {
                throw new ArgumentException(
                    $"Token {tokens[i]} at place {i} of the evaluation text is outside the vocabulary of '{model.ModelPath}', 0 to "
                        + $"{model.Shape.VocabularySize - 1}. The text must be encoded with the model's own tokenizer.",
                    nameof(tokens));
            }
        }
    }

    internal static void RequireComparable(PredictionHeader predictions, LanguageModel candidate, IReadOnlyList<int> tokens)
    {
        if (predictions.Vocabulary != candidate.Shape.VocabularySize)
        {
            throw new ArgumentException(
                $"'{candidate.ModelPath}' has a vocabulary of {candidate.Shape.VocabularySize} and its baseline one of "
                    + $"{predictions.Vocabulary}; they cannot be compared."
            );
        }

        if (candidate.Shape.MaxPositions is { } positions && positions < predictions.Window)
        {
            throw new ArgumentException(
                $"'{candidate.ModelPath}' has {positions} positions, and its baseline was run on windows of {predictions.Window}; they "
                    + "cannot be compared."
            );
        }

        if (predictions.Positions >= tokens.Count)
        {
            throw new ArgumentException(
                $"The evaluation text has {tokens.Count} tokens, and the predictions are of {predictions.Positions + 1}: they belong to "
                    + "another text.",
                nameof(tokens));
        }
    }
}
