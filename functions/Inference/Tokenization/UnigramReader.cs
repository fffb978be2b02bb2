using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>Reads a Unigram model: <c>"vocab": [["&lt;unk&gt;", 0.0], ["▁the", -3.2], …], "unk_id": 0</c>; the id is the place in the list.</summary>
internal static class UnigramReader
{
    // Pieces of a trained model have 16 characters at most; each character of a text may start one.
    private const int LongestPiece = 256;

    internal static (Dictionary<string, int> Vocabulary, TokenModel Model) Read(JsonElement model, TokenizerLimits limits)
    {
        var list = model.Array("vocab") ?? throw JsonFields.Bad("the model has no 'vocab'");
        if (list.GetArrayLength() > limits.MaxTokens)
        {
            throw new TokenizerException("too-large", $"tokenizer.json has more than {limits.MaxTokens} tokens.");
        }

        var vocabulary = new Dictionary<string, int>(list.GetArrayLength(), StringComparer.Ordinal);
        var scores = new double[list.GetArrayLength()];
        foreach (var (entry, id) in list.EnumerateArray().Select((entry, id) => (entry, id)))
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2
                || entry[1].ValueKind != JsonValueKind.Number || !entry[1].TryGetDouble(out scores[id]) || !double.IsFinite(scores[id]))
            {
                throw JsonFields.Bad($"piece {id} is no pair of text and score");
            }

            var piece = entry[0].AsText("vocab");
            if (piece.Length > LongestPiece)
            {
                throw new TokenizerException(
                    "too-large",
                    $"Piece {id} of tokenizer.json has {piece.Length} characters; at most {LongestPiece} are read.");
            }

            if (!vocabulary.TryAdd(piece, id))
            {
                throw new TokenizerException("duplicate-token", $"tokenizer.json lists the token '{piece}' twice.");
            }
        }

        int? unknown =
            model.TryGetProperty("unk_id", out var value) && value.ValueKind != JsonValueKind.Null ? model.Number("unk_id") : null;
        return unknown is < 0 || unknown >= scores.Length
            ? throw new TokenizerException("bad-id", $"tokenizer.json names the unknown token {unknown}; ids are 0 to {scores.Length - 1}.")
            : (
                vocabulary,
                new UnigramModel(
                    new Dictionary<string, int>(vocabulary, StringComparer.Ordinal),
                    scores,
                    unknown,
                    model.Flag("byte_fallback", false)));
    }
}
