namespace SlmOps.Inference.Tests.Tokenization;

/// <summary>Byte-pair training the plain way: count neighbours, join the commonest, again. For small tokenizers of tests.</summary>
internal static class BpeTrainer
{
    /// <summary>Merges of the words, as pairs, commonest first; ties by ordinal order.</summary>
    internal static List<(string Left, string Right)> Train(IEnumerable<string> words, int merges)
    {
        var counted = words
            .GroupBy(word => word, StringComparer.Ordinal)
            .Select(group => (Symbols: Runes(group.Key), Count: group.Count()))
            .ToList();
        var result = new List<(string, string)>();
        while (result.Count < merges)
        {
            var pairs = new Dictionary<(string Left, string Right), int>();
            foreach (var (symbols, count) in counted)
            {
                for (var i = 0; i + 1 < symbols.Count; i++)
                {
                    var pair = (symbols[i], symbols[i + 1]);
                    pairs[pair] = pairs.GetValueOrDefault(pair) + count;
                }
            }

            if (pairs.Count == 0)
            {
                break;
            }

            var best = pairs
                .OrderByDescending(pair => pair.Value)
                .ThenBy(pair => pair.Key.Left, StringComparer.Ordinal)
                .ThenBy(pair => pair.Key.Right, StringComparer.Ordinal)
                .First()
                .Key;
            result.Add(best);
            foreach (var (symbols, _) in counted)
            {
                for (var i = 0; i + 1 < symbols.Count; i++)
                {
                    if (symbols[i] == best.Left && symbols[i + 1] == best.Right)
                    {
                        symbols[i] = best.Left + best.Right;
                        symbols.RemoveAt(i + 1);
                    }
                }
            }
        }

        return result;
    }

    private static List<string> Runes(string word) => [.. word.EnumerateRunes().Select(rune => rune.ToString())];
}
