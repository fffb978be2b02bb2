using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Inference;

/// <summary>
/// Collects embeddings of texts: the rows of an output [texts, width], or the mean over the tokens of each text of an output
/// [texts, tokens, width], as sentence encoders are used. Tokens that the mask leaves out do not count.
/// </summary>
internal sealed class EmbeddingSums(string output)
{
    private const int NearestTexts = 5;
    private const int LeastTexts = 8;

    // Usual names of what an encoder gives, the most finished first.
    private static readonly string[] Names =
    [
        "sentence_embedding", "sentence_embeddings", "text_embeds", "text_embedding", "embeddings", "embedding",
        "last_hidden_state", "token_embeddings", "pooler_output",
    ];

    private readonly List<float[]> _expected = [];
    private readonly List<float[]> _actual = [];
    private bool _incomparable;

    internal string Output => output;

    /// <summary>The output that holds embeddings, or null where there is none.</summary>
    internal static string? OutputOf(IReadOnlyDictionary<string, TensorPort> outputs)
    {
        return Names.FirstOrDefault(name =>
                outputs.TryGetValue(name, out var port) && port.Rank is 2 or 3 && TensorData.IsFloat(port.Type))
            ?? outputs
                .Values.Where(port =>
                    port.Name != DecoderPorts.LogitsName
                    && port.Rank == 3
                    && port.Dimensions[2] > 1
                    && port.Dimensions[1] < 0
                    && TensorData.IsFloat(port.Type))
                .Select(port => port.Name)
                .FirstOrDefault();
    }

    /// <summary>Adds the embeddings of one run. <paramref name="mask"/> is one number a token, or null when all count.</summary>
    internal void Add(OrtValue expected, OrtValue actual, double[]? mask)
    {
        var shape = expected.GetTensorTypeAndShape().Shape;
        if (!shape.AsSpan().SequenceEqual(actual.GetTensorTypeAndShape().Shape))
        {
            _incomparable = true;
            return;
        }

        _expected.AddRange(Pool(TensorData.AsDoubles(expected), shape, mask));
        _actual.AddRange(Pool(TensorData.AsDoubles(actual), shape, mask));
    }

    /// <param name="realTexts">False for random tokens.</param>
    internal EmbeddingAgreement? Result(bool realTexts)
    {
        if (_incomparable)
        {
            return new(output, -1, -1, null, _expected.Count);
        }

        if (_expected.Count == 0)
        {
            return null;
        }

        var cosines = _expected.Select((text, i) => Cosine(text, _actual[i])).ToList();
        return new(
            output,
            cosines.Average(),
            cosines.Min(),
            realTexts && _expected.Count >= LeastTexts ? Neighbours() : null,
            _expected.Count);
    }

    private double Neighbours()
    {
        var nearest = Math.Min(NearestTexts, (_expected.Count - 1) / 2);
        return Enumerable.Range(0, _expected.Count)
            .Average(text => (double)Nearest(_expected, text, nearest).Intersect(Nearest(_actual, text, nearest)).Count() / nearest);
    }

    private static IEnumerable<int> Nearest(List<float[]> texts, int text, int count) => Enumerable.Range(0, texts.Count)
        .Where(other => other != text)
        .OrderByDescending(other => Cosine(texts[text], texts[other]))
        .Take(count);

    /// <summary>Two texts of zeros are alike; what is no number is like nothing.</summary>
    private static double Cosine(float[] a, float[] b)
    {
        var (product, norms) = (
            TensorPrimitives.Dot<float>(a, b),
            (double)TensorPrimitives.Norm<float>(a) * TensorPrimitives.Norm<float>(b));
        return !double.IsFinite(product) || !double.IsFinite(norms) ? -1
            : norms > 0 ? Math.Clamp(product / norms, -1, 1)
            : a.AsSpan().SequenceEqual(b) ? 1 : 0;
    }

    private static IEnumerable<float[]> Pool(double[] values, long[] shape, double[]? mask)
    {
        var (texts, tokens, width) = shape.Length == 3 ? ((int)shape[0], (int)shape[1], (int)shape[2]) : ((int)shape[0], 1, (int)shape[1]);
        var counts = shape.Length == 3 && mask?.Length == texts * tokens ? mask : null;
        for (var text = 0; text < texts; text++)
        {
            var pooled = new float[width];
            for (var token = 0; token < tokens; token++)
            {
                if (counts is not null && counts[(text * tokens) + token] == 0)
                {
                    continue;
                }

                for (var i = 0; i < width; i++)
                {
                    pooled[i] += (float)values[(((text * tokens) + token) * width) + i];
                }
            }

            yield return pooled;
        }
    }
}
