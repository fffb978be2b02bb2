using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>Reads vocabulary and merges of a BPE model, and refuses any that contradict themselves.</summary>
internal static class VocabularyReader
{
    internal static Dictionary<string, int> Vocabulary(JsonElement model, TokenizerLimits limits)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var owners = new Dictionary<int, string>();
        foreach (var entry in (model.Object("vocab") ?? throw JsonFields.Bad("the model has no 'vocab'")).EnumerateObject())
        {
            var token = Name(entry);
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id))
            {
                throw JsonFields.Bad($"the id of token '{token}' must be a whole number");
            }

            RequireId(id, token, limits);
            if (!vocabulary.TryAdd(token, id))
            {
                throw new TokenizerException("duplicate-token", $"tokenizer.json lists the token '{token}' twice.");
            }

            if (!owners.TryAdd(id, token))
            {
                throw new TokenizerException("duplicate-id", $"tokenizer.json gives id {id} to both '{owners[id]}' and '{token}'.");
            }

            if (vocabulary.Count > limits.MaxTokens)
            {
                throw new TokenizerException("too-large", $"tokenizer.json has more than {limits.MaxTokens} tokens.");
            }
        }

        return vocabulary;
    }

    internal static void RequireId(int id, string token, TokenizerLimits limits)
    {
        if (id < 0 || id >= limits.MaxTokens)
        {
            throw new TokenizerException(
                "bad-id",
                $"tokenizer.json gives token '{token}' the id {id}; ids are 0 to {limits.MaxTokens - 1}.");
        }
    }

    /// <summary>Merges as <c>"left right"</c> or <c>["left", "right"]</c>; the first of two equal ones counts.</summary>
    internal static Dictionary<(int Left, int Right), Merge> Merges(
        JsonElement model,
        Dictionary<string, int> vocabulary,
        TokenizerLimits limits)
    {
        var list = model.Array("merges") ?? throw JsonFields.Bad("the model has no 'merges'");
        if (list.GetArrayLength() > limits.MaxMerges)
        {
            throw new TokenizerException(
                "too-large",
                $"tokenizer.json has {list.GetArrayLength()} merges; at most {limits.MaxMerges} are read.");
        }

        var merges = new Dictionary<(int, int), Merge>(list.GetArrayLength());
        var rank = 0;
        foreach (var entry in list.EnumerateArray())
        {
            var (left, right) = Pair(entry, rank, vocabulary);
            merges.TryAdd((Id(left), Id(right)), new(rank, Id(left + right)));
            rank++;

            int Id(string token) =>
                vocabulary.TryGetValue(token, out var id)
                    ? id
                    : throw new TokenizerException(
                        "unknown-token",
                        $"Merge {rank} of tokenizer.json ('{left}' and '{right}') names the token '{token}', which is not in the "
                            + "vocabulary."
                    );
        }

        return merges;
    }

    private static (string Left, string Right) Pair(JsonElement entry, int rank, Dictionary<string, int> vocabulary)
    {
        if (entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2)
        {
            return (entry[0].AsText("merges"), entry[1].AsText("merges"));
        }

        if (entry.ValueKind != JsonValueKind.String)
        {
            throw JsonFields.Bad($"merge {rank} is neither a string nor a pair");
        }

        var text = entry.AsText("merges");
        (string, string)? plain = null;
        for (var space = text.IndexOf(' ', StringComparison.Ordinal); space >= 0; space = text.IndexOf(' ', space + 1))
        {
            var pair = (Left: text[..space], Right: text[(space + 1)..]);
            plain ??= pair;
            // A token that holds a space itself leaves more than one way to cut; the one that the vocabulary knows counts.
            if (vocabulary.ContainsKey(pair.Left) && vocabulary.ContainsKey(pair.Right) && vocabulary.ContainsKey(pair.Left + pair.Right))
            {
                return pair;
            }
        }

        return plain ?? throw JsonFields.Bad($"merge {rank}, '{text}', holds no space");
    }

    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw new TokenizerException("bad-structure", "A token of tokenizer.json is not valid Unicode.", exception);
        }
    }
}
