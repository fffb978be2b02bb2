using System.Numerics.Tensors;
using SlmOps.Contracts;
using SlmOps.Inference.Predictions;

namespace SlmOps.Inference.Smoke;

/// <summary>A text to feed.</summary>
/// <param name="Tokens">Token ids, at least two.</param>
/// <param name="Steps">How many of the first ones are also given one by one, 0 to all but the last.</param>
public sealed record ForcedText(IReadOnlyList<int> Tokens, int Steps);

/// <summary>
/// Feeds a model texts and writes down what it says of each token. The texts are given, so a near-tie that goes the other
/// way changes one entry and not all that follow. Numbers that are not finite are written down as they are.
/// </summary>
public static class ForcedRun
{
    /// <summary>Feeds texts, each at once and as far as asked token by token, so that the kernels of both run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Stops the run, also within a forward pass.</param>
    /// <exception cref="ArgumentException">When a text does not fit the model.</exception>
    /// <exception cref="InferenceException">When the model fails while it runs.</exception>
    public static IReadOnlyList<SmokeText> Run(LanguageModel model, IReadOnlyList<ForcedText> texts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        var softmax = new Softmax(model.Shape.VocabularySize);
        return [.. texts.Select(text => new SmokeText(text.Tokens, Feed(model, [.. text.Tokens], text.Tokens.Count - 1, softmax))
        {
            Steps = text.Steps > 0 ? Feed(model, [.. text.Tokens.Take(text.Steps + 1)], 1, softmax) : null,
        })];

        SmokeTrace Feed(LanguageModel model, int[] tokens, int atOnce, Softmax softmax) =>
            Trace(model, tokens, atOnce, softmax, cancellationToken);
    }

    private static SmokeTrace Trace(LanguageModel model, int[] tokens, int atOnce, Softmax softmax, CancellationToken cancellationToken)
    {
        var vocabulary = model.Shape.VocabularySize;
        var (best, margins, logProbs) = (new List<int>(), new List<double>(), new List<double>());
        using var session = model.NewSession();
        for (var start = 0; start < tokens.Length - 1; start += atOnce)
        {
            var count = Math.Min(atOnce, tokens.Length - 1 - start);
            var logits = session.Append(tokens.AsSpan(start, count), allLogits: true, cancellationToken);
            for (var row = 0; row < count; row++)
            {
                var values = logits.Slice(row * vocabulary, vocabulary);
                softmax.Read(values);
                best.Add(Argmax.Of(values));
                margins.Add(Margin(values, best[^1]));
                logProbs.Add(LogProb(softmax, tokens[start + row + 1]));
            }
        }

        return new(best, margins, logProbs);
    }

    private static double LogProb(Softmax softmax, int next) => next >= 0 && next < softmax.Logits.Length
        ? softmax.Logits[next] - softmax.LogSum
        : throw new ArgumentException($"Token {next} is outside the vocabulary, 0 to {softmax.Logits.Length - 1}.", nameof(next));

    /// <summary>How far the best logit leads; a vocabulary of one has no second.</summary>
    private static double Margin(ReadOnlySpan<float> logits, int best)
    {
        var second = double.NegativeInfinity;
        if (best > 0)
        {
            second = TensorPrimitives.Max(logits[..best]);
        }

        if (best < logits.Length - 1)
        {
            second = Math.Max(second, TensorPrimitives.Max(logits[(best + 1)..]));
        }

        return logits.Length == 1 ? 0 : logits[best] - second;
    }
}
