namespace SlmOps.Inference.Tokenization;

/// <summary>
/// WordPiece as in BERT: the longest piece of the vocabulary that the rest of the word starts with, again and again; a word
/// with a rest that starts with no piece is one unknown token.
/// </summary>
internal sealed class WordPieceModel(IReadOnlyDictionary<string, int> vocabulary, int unknown, string continuation, int longestWord)
    : TokenModel
{
    internal override void Encode(string word, List<int> target)
    {
        if (word.EnumerateRunes().Count() > longestWord)
        {
            target.Add(unknown);
            return;
        }

        var first = target.Count;
        for (var start = 0; start < word.Length;)
        {
            var end = word.Length;
            int id;
            while (!vocabulary.TryGetValue(start == 0 ? word[..end] : continuation + word[start..end], out id))
            {
                end--;
                if (end == start)
                {
                    target.RemoveRange(first, target.Count - first);
                    target.Add(unknown);
                    return;
                }
            }

            target.Add(id);
            start = end;
        }
    }
}
