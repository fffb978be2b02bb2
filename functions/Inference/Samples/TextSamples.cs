using System.Text.RegularExpressions;

namespace SlmOps.Inference.Samples;

/// <summary>Sentences of a text as an encoder takes them: in batches of several lengths, the shorter ones filled up and masked.</summary>
internal static partial class TextSamples
{
    private const int Batch = 8;

    /// <summary>Fewer sentences have no neighbours to speak of; single words are no sentences.</summary>
    private const int LeastCharacters = 16;

    /// <param name="ports">The model's inputs; each that a text gives is filled.</param>
    /// <param name="text">What the sentences are taken from.</param>
    /// <param name="tokenizer">The model's own.</param>
    /// <param name="texts">Most sentences.</param>
    /// <param name="tokens">Most tokens of each.</param>
    /// <param name="cancellationToken">Stops between sentences.</param>
    /// <exception cref="TokenizerException">When a sentence cannot be encoded.</exception>
    internal static IReadOnlyList<IReadOnlyDictionary<string, SampleArray>> Create(
        IReadOnlyCollection<TensorPort> ports, string text, Tokenizer tokenizer, int texts, int tokens, CancellationToken cancellationToken)
    {
        var encoded = Sentences(text).Take(texts).Select(sentence => tokenizer.EncodeWhole(sentence, tokens, cancellationToken)).ToList();
        return [.. encoded.Where(ids => ids.Count > 0).Chunk(Batch).Select(batch => Set(ports, batch, tokenizer.Padding))];
    }

    /// <summary>Lines, and sentences inside of them, each once.</summary>
    internal static IEnumerable<string> Sentences(string text) => SentenceEnd().Split(text)
        .Select(sentence => sentence.Trim())
        .Where(sentence => sentence.Length >= LeastCharacters)
        .Distinct(StringComparer.Ordinal);

    private static Dictionary<string, SampleArray> Set(IReadOnlyCollection<TensorPort> ports, IReadOnlyList<int>[] batch, int padding)
    {
        var length = batch.Max(ids => ids.Count);
        long[] shape = [batch.Length, length];
        var set = new Dictionary<string, SampleArray>(StringComparer.Ordinal);
        foreach (var port in ports.Where(port => port.Rank == 2))
        {
            if (port.Name == DecoderPorts.TokensName)
            {
                set[port.Name] = new(shape, Cells((ids, i) => i < ids.Count ? ids[i] : padding));
            }
            else if (port.Name.Contains("mask", StringComparison.OrdinalIgnoreCase))
            {
                set[port.Name] = new(shape, Cells((ids, i) => i < ids.Count ? 1 : 0));
            }
            else if (
                port.Name.Contains("token_type", StringComparison.OrdinalIgnoreCase)
                || port.Name.Contains("segment", StringComparison.OrdinalIgnoreCase))
            {
                set[port.Name] = new(shape, Cells((_, _) => 0));
            }
        }

        return set;

        double[] Cells(Func<IReadOnlyList<int>, int, int> value) =>
            [.. batch.SelectMany(ids => Enumerable.Range(0, length).Select(i => (double)value(ids, i)))];
    }

    [GeneratedRegex(@"[\r\n]+|[.!?]+ +", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex SentenceEnd();
}
