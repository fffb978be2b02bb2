using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>A token that is cut out of the text before anything else looks at it.</summary>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special);

/// <summary>A stretch of text, or the added token that stood there.</summary>
internal readonly record struct Segment(int Start, int Length, int? Token);

/// <summary>Finds added tokens with a trie: leftmost first, the longest of those that start at one place.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<(int Node, char Next), int> _edges = [];
    private readonly Dictionary<int, AddedToken> _ends = [];
    private int _nodes = 1;

    internal AddedTokens(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        foreach (var (content, token) in tokens.Where(entry => entry.Content.Length > 0))
        {
            var node = 0;
            foreach (var c in content)
            {
                if (!_edges.TryGetValue((node, c), out var child))
                {
                    child = _nodes++;
                    _edges.Add((node, c), child);
                }

                node = child;
            }

            _ends[node] = token;
        }
    }

    internal List<Segment> Split(string text)
    {
        var segments = new List<Segment>();
        var done = 0;
        for (var i = 0; i < text.Length && _ends.Count > 0;)
        {
            if (Longest(text, i) is not var (length, token) || (token.SingleWord && InsideWord(text, i, length)))
            {
                i++;
                continue;
            }

            var (start, end) = (i, i + length);
            while (token.StripLeft && start > done && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            while (token.StripRight && end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (start > done)
            {
                segments.Add(new(done, start - done, null));
            }

            segments.Add(new(start, end - start, token.Id));
            done = i = end;
        }

        if (done < text.Length)
        {
            segments.Add(new(done, text.Length - done, null));
        }

        return segments;
    }

    private (int Length, AddedToken Token)? Longest(string text, int start)
    {
        (int, AddedToken)? best = null;
        for (int node = 0, i = start; i < text.Length && _edges.TryGetValue((node, text[i]), out node); i++)
        {
            if (_ends.TryGetValue(node, out var token))
            {
                best = (i - start + 1, token);
            }
        }

        return best;
    }

    private static bool InsideWord(string text, int start, int length) =>
        (Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _) == System.Buffers.OperationStatus.Done && IsWord(before))
        || (
            Rune.DecodeFromUtf16(text.AsSpan(start + length), out var after, out _) == System.Buffers.OperationStatus.Done && IsWord(after)
        );

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value == '_';
}
