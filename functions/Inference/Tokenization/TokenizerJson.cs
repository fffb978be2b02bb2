using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>A tokenizer.json, read and checked.</summary>
internal sealed record TokenizerJson(
    Dictionary<string, int> Vocabulary,
    TokenModel Model,
    IReadOnlyList<AddedToken> Added,
    IReadOnlyList<Normalizer> Normalizers,
    IReadOnlyList<PreTokenizer> PreTokenizers,
    IReadOnlyList<TokenDecoder> Decoders,
    Template Template)
{
    /// <exception cref="TokenizerException">When it is malformed, contradictory or of an unknown kind.</exception>
    internal static TokenizerJson Read(ReadOnlyMemory<byte> utf8, TokenizerLimits limits)
    {
        if (utf8.Length > limits.MaxFileBytes)
        {
            throw new TokenizerException("too-large", $"tokenizer.json has {utf8.Length} bytes; at most {limits.MaxFileBytes} are read.");
        }

        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 32 });
            return Read(document.RootElement, limits);
        }
        catch (JsonException exception)
        {
            throw new TokenizerException("not-json", $"tokenizer.json is not JSON: {exception.Message}", exception);
        }
    }

    private static TokenizerJson Read(JsonElement root, TokenizerLimits limits)
    {
        var model = root.Object("model") ?? throw JsonFields.Bad("it has no 'model'");
        var (vocabulary, encoder) = (model.Text("type") ?? (model.Array("merges") is null ? "(none)" : "BPE")) switch
        {
            "BPE" => Bpe(model, limits),
            "WordPiece" => WordPiece(model, limits),
            "Unigram" => UnigramReader.Read(model, limits),
            var type => throw new TokenizerException(
                "unsupported-model",
                $"tokenizer.json holds a model of type '{type}'; BPE, WordPiece and Unigram are supported. Use a model with such a "
                    + "tokenizer, or leave the tokenizer out and give the evaluation text as token ids."
            ),
        };
        var steps = new StepReader(limits);
        var added = AddedTokensOf(root, vocabulary, limits);
        return new(
            vocabulary,
            encoder,
            added,
            steps.Normalizers(root.Object("normalizer")),
            steps.PreTokenizers(root.Object("pre_tokenizer")),
            steps.Decoders(root.Object("decoder")),
            Template.Read(root.Object("post_processor"), vocabulary));
    }

    private static (Dictionary<string, int> Vocabulary, TokenModel Model) Bpe(JsonElement model, TokenizerLimits limits)
    {
        foreach (var key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (!string.IsNullOrEmpty(model.Text(key)))
            {
                throw new TokenizerException(
                    "unsupported-model",
                    $"tokenizer.json sets '{key}', which is not supported. Use a byte-level or byte-fallback BPE tokenizer.");
            }
        }

        var vocabulary = VocabularyReader.Vocabulary(model, limits);
        var merges = VocabularyReader.Merges(model, vocabulary, limits);
        int? unknown = model.Text("unk_token") is { } token ? Known(vocabulary, token) : null;
        return (
            vocabulary,
            new BpeModel(
                vocabulary,
                merges,
                unknown,
                model.Flag("fuse_unk", false),
                model.Flag("byte_fallback", false),
                model.Flag("ignore_merges", false)));
    }

    private static (Dictionary<string, int> Vocabulary, TokenModel Model) WordPiece(JsonElement model, TokenizerLimits limits)
    {
        const int LongestWord = 1000;
        var vocabulary = VocabularyReader.Vocabulary(model, limits);
        var longest = model.TryGetProperty("max_input_chars_per_word", out _) ? model.Number("max_input_chars_per_word") : 100;
        return longest is < 1 or > LongestWord
            ? throw JsonFields.Bad($"'max_input_chars_per_word' is {longest}; 1 to {LongestWord} are read")
            : (
                vocabulary,
                new WordPieceModel(
                    vocabulary,
                    Known(vocabulary, model.Text("unk_token") ?? "[UNK]"),
                    model.Text("continuing_subword_prefix") ?? "##",
                    longest));
    }

    private static int Known(Dictionary<string, int> vocabulary, string unknownToken) => vocabulary.TryGetValue(unknownToken, out var id)
        ? id
        : throw new TokenizerException("unknown-token", $"The unknown token '{unknownToken}' of tokenizer.json is not in its vocabulary.");

    /// <summary>Added tokens go into the vocabulary too; one that is already there must keep its id.</summary>
    private static List<AddedToken> AddedTokensOf(JsonElement root, Dictionary<string, int> vocabulary, TokenizerLimits limits)
    {
        var owners = vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        var added = new List<AddedToken>();
        foreach (var entry in root.Array("added_tokens")?.EnumerateArray() ?? default)
        {
            var token = new AddedToken(
                entry.Number("id"),
                entry.RequiredText("content"),
                entry.Flag("single_word", false),
                entry.Flag("lstrip", false),
                entry.Flag("rstrip", false),
                entry.Flag("normalized", true),
                entry.Flag("special", false));
            VocabularyReader.RequireId(token.Id, token.Content, limits);
            if (vocabulary.TryGetValue(token.Content, out var known) && known != token.Id)
            {
                throw new TokenizerException(
                    "duplicate-token",
                    $"tokenizer.json gives the token '{token.Content}' both id {known} and id {token.Id}.");
            }

            if (owners.TryGetValue(token.Id, out var owner) && owner != token.Content)
            {
                throw new TokenizerException(
                    "duplicate-id",
                    $"tokenizer.json gives id {token.Id} to both '{owner}' and '{token.Content}'.");
            }

            if (added.Count + vocabulary.Count >= limits.MaxTokens)
            {
                throw new TokenizerException("too-large", $"tokenizer.json has more than {limits.MaxTokens} tokens.");
            }

            owners[token.Id] = token.Content;
            vocabulary[token.Content] = token.Id;
            added.Add(token);
        }

        return added;
    }
}
