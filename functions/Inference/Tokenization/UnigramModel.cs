using System.Globalization;
using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>
/// Unigram as in SentencePiece: of all ways to cut the word into pieces, the one whose scores (log probabilities) have the
/// highest sum, found from left to right (Viterbi). A character without a piece scores ten below the lowest.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly IReadOnlyDictionary<string, int> _vocabulary;
    private readonly double[] _scores;
    private readonly int? _unknown;
    private readonly double _unknownScore;
    private readonly int?[]? _byteTokens;

    // Pieces by their characters: from a node and a character to the next node. Node 0 is the root.
    private readonly Dictionary<(int Node, char Next), int> _steps = [];
    private readonly List<int> _pieces = [-1];

    internal UnigramModel(IReadOnlyDictionary<string, int> vocabulary, double[] scores, int? unknown, bool byteFallback)
    {
        (_vocabulary, _scores, _unknown) = (vocabulary, scores, unknown);
        _unknownScore = scores.DefaultIfEmpty(0).Min() - UnknownPenalty;
        _byteTokens = byteFallback
            ?
            [
                .. Enumerable
                    .Range(0, 256)
                    .Select(b =>
                        vocabulary.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), out var id) ? id : (int?)null),
            ]
            : null;
        foreach (var (piece, id) in vocabulary)
        {
            Add(piece, id);
        }
    }

    internal override void Encode(string word, List<int> target)
    {
        var from = new int[word.Length + 1];
        var ids = new int[word.Length + 1];
        var best = new double[word.Length + 1];
        Array.Fill(best, double.NegativeInfinity);
        best[0] = 0;
        for (var start = 0; start < word.Length; start++)
        {
            if (double.IsNegativeInfinity(best[start]))
            {
                continue;
            }

            var character = char.IsSurrogatePair(word, start) ? 2 : 1;
            var single = false;
            var node = 0;
            for (var end = start; end < word.Length && _steps.TryGetValue((node, word[end]), out node); end++)
            {
                if (_pieces[node] is >= 0 and var id)
                {
                    single |= end + 1 - start == character;
                    Take(start, end + 1, id, _scores[id]);
                }
            }

            if (!single)
            {
                Take(start, start + character, -1, _unknownScore);
            }
        }

        Collect(word, from, ids, target);

        void Take(int start, int end, int id, double score)
        {
            if (best[start] + score > best[end])
            {
                (best[end], from[end], ids[end]) = (best[start] + score, start, id);
            }
        }
    }

    private void Collect(string word, int[] from, int[] ids, List<int> target)
    {
        var cuts = new Stack<(int Start, int End)>();
        for (var end = word.Length; end > 0; end = from[end])
        {
            cuts.Push((from[end], end));
        }

        var unknownBefore = false;
        foreach (var (start, end) in cuts)
        {
            if (ids[end] >= 0)
            {
                target.Add(ids[end]);
                unknownBefore = false;
            }
            else if (
                _byteTokens is not null
                && Encoding.UTF8.GetBytes(word[start..end]) is var bytes
                && bytes.All(b => _byteTokens[b] is not null))
            {
                target.AddRange(bytes.Select(b => _byteTokens[b]!.Value));
                unknownBefore = false;
            }
            else
            {
                // Unknown characters in a row are one token.
                if (!unknownBefore && _unknown is { } unknown)
                {
                    target.Add(unknown);
                }

                unknownBefore = true;
            }
        }
    }

    private void Add(string piece, int id)
    {
        var node = 0;
        foreach (var next in piece)
        {
            if (!_steps.TryGetValue((node, next), out var child))
            {
                child = _pieces.Count;
                _pieces.Add(-1);
                _steps.Add((node, next), child);
            }

            node = child;
        }

        if (node > 0)
        {
            _pieces[node] = id;
        }
    }
}
