using System.Globalization;
using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>The merge of two tokens into one; lower ranks go first.</summary>
internal readonly record struct Merge(int Rank, int Result);

/// <summary>
/// Byte-pair encoding of one word: start from characters, then merge the neighbours of the lowest rank, leftmost first,
/// until none is left. A heap of candidate pairs keeps this at n log n for a word of any length.
/// </summary>
internal sealed class BpeModel(
    IReadOnlyDictionary<string, int> vocabulary,
    IReadOnlyDictionary<(int Left, int Right), Merge> merges,
    int? unknown,
    bool fuseUnknown,
    bool byteFallback,
    bool ignoreMerges) : TokenModel
{
    private readonly int?[] _byteTokens = [.. Enumerable.Range(0, 256).Select(b =>
        vocabulary.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), out var id) ? id : (int?)null)];

    internal override void Encode(string word, List<int> target)
    {
        if (ignoreMerges && vocabulary.TryGetValue(word, out var whole))
        {
            target.Add(whole);
            return;
        }

        MergeInto(Symbols(word), target);
    }

    private List<int> Symbols(string word)
    {
        var symbols = new List<int>(word.Length);
        var pendingUnknown = false;
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < word.Length;)
        {
            var length = char.IsHighSurrogate(word[i]) && i + 1 < word.Length && char.IsLowSurrogate(word[i + 1]) ? 2 : 1;
            var symbol = word.Substring(i, length);
            i += length;
            if (vocabulary.TryGetValue(symbol, out var id))
            {
                symbols.Add(id);
                pendingUnknown = false;
                continue;
            }

            if (byteFallback && TryBytes(utf8[..Encoding.UTF8.GetBytes(symbol, utf8)], symbols))
            {
                pendingUnknown = false;
                continue;
            }

            // As in the reference: a character nobody knows vanishes when there is no unknown token.
            if (unknown is { } token && !(pendingUnknown && fuseUnknown))
            {
                symbols.Add(token);
                pendingUnknown = true;
            }
        }

        return symbols;
    }

    private bool TryBytes(ReadOnlySpan<byte> utf8, List<int> symbols)
    {
        foreach (var b in utf8)
        {
            if (_byteTokens[b] is null)
            {
                return false;
            }
        }

        foreach (var b in utf8)
        {
            symbols.Add(_byteTokens[b]!.Value);
        }

        return true;
    }

    private void MergeInto(List<int> symbols, List<int> target)
    {
        var count = symbols.Count;
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<(int Left, int Result), ulong>();
        for (var i = 0; i < count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
            Offer(i);
        }

        const int Gone = -1;
        while (queue.TryDequeue(out var candidate, out _))
        {
            var (left, result) = candidate;
            // A pair that an earlier merge changed is no longer there.
            if (symbols[left] == Gone || next[left] < 0
                || !merges.TryGetValue((symbols[left], symbols[next[left]]), out var merge) || merge.Result != result)
            {
                continue;
            }

            var right = next[left];
            symbols[left] = result;
            symbols[right] = Gone;
            next[left] = next[right];
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
            }

            Offer(left);
            if (previous[left] >= 0)
            {
                Offer(previous[left]);
            }
        }

        target.AddRange(symbols.Where(symbol => symbol != Gone));

        void Offer(int left)
        {
            if (next[left] >= 0 && merges.TryGetValue((symbols[left], symbols[next[left]]), out var merge))
            {
                queue.Enqueue((left, merge.Result), ((ulong)(uint)merge.Rank << 32) | (uint)left);
            }
        }
    }
}
