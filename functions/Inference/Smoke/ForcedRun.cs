using SlmOps.Inference.Predictions;

namespace SlmOps.Inference.Smoke;

/// <summary>
/// Feeds a model texts and writes down what it says of each token. The texts are given, so a near-tie that goes the other
/// way changes one entry and not all that follow.
/// </summary>
public static class ForcedRun
{
    /// <summary>Feeds texts, each at once and as far as asked token by token, so that the kernels of both run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Stops the run, also within a forward pass.</param>
    /// <exception cref="ArgumentException">When a text does not fit the model.</exception>
    /// <exception cref="InferenceException">When the model fails while it runs.</exception>
    public static IReadOnlyList<ForcedTrace> Run(LanguageModel model, IReadOnlyList<ForcedText> texts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        var rows = new RowReader(model.Shape.VocabularySize);
        return [.. texts.Select(text => new ForcedTrace(
            Feed(model, text.Tokens, text.Tokens.Count - 1, rows, cancellationToken),
            text.Steps > 0 ? Feed(model, text.Tokens.Take(text.Steps + 1).ToList(), 1, rows, cancellationToken) : null))];
    }

    private static TokenTrace Feed(
        LanguageModel model, IReadOnlyList<int> tokens, int atOnce, RowReader rows, CancellationToken cancellationToken)
    {
        int[] text = [.. tokens];
        var (best, margins, logProbs) = (new List<int>(), new List<double>(), new List<double>());
        using var session = model.NewSession();
        for (var start = 0; start < text.Length - 1; start += atOnce)
        {
            var count = Math.Min(atOnce, text.Length - 1 - start);
            var logits = session.Append(text.AsSpan(start, count), allLogits: true, cancellationToken);
            for (var row = 0; row < count; row++)
            {
                var (first, margin, logProb) = rows.Read(
                    logits.Slice(row * model.Shape.VocabularySize, model.Shape.VocabularySize), text[start + row + 1]);
                best.Add(first);
                margins.Add(margin);
                logProbs.Add(logProb);
            }
        }

        return new(best, margins, logProbs);
    }

    /// <summary>One row of logits: its best token, how far it leads, and what the text's next token gets.</summary>
    private sealed class RowReader(int vocabulary)
    {
        private readonly Softmax _softmax = new(vocabulary);

        internal (int Best, double Margin, double LogProb) Read(ReadOnlySpan<float> logits, int next)
        {
            if (next < 0 || next >= vocabulary)
            {
                throw new ArgumentException($"Token {next} is outside the vocabulary, 0 to {vocabulary - 1}.", nameof(next));
            }

            _softmax.Read(logits);
            var best = Argmax.Of(logits);
            var second = double.NegativeInfinity;
            if (best > 0)
            {
                second = Most(logits[..best]);
            }

            if (best < logits.Length - 1)
            {
                second = Math.Max(second, Most(logits[(best + 1)..]));
            }

            // A vocabulary of one has no second.
            var margin = vocabulary == 1 ? 0 : logits[best] - second;
            return (best, margin, _softmax.Logits[next] - _softmax.LogSum);
        }

        private static double Most(ReadOnlySpan<float> logits) => System.Numerics.Tensors.TensorPrimitives.Max(logits);
    }
}
