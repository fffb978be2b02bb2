using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>A tokenizer.json, read and checked.</summary>
internal sealed record TokenizerJson(
    Dictionary<string, int> Vocabulary,
    BpeModel Model,
    IReadOnlyList<AddedToken> Added,
    IReadOnlyList<Normalizer> Normalizers,
    IReadOnlyList<PreTokenizer> PreTokenizers,
    IReadOnlyList<TokenDecoder> Decoders,
    string? TemplateStart)
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
        if ((model.Text("type") ?? (model.Array("merges") is null ? "(none)" : "BPE")) is var type and not "BPE")
        {
            throw new TokenizerException(
                "unsupported-model",
                $"tokenizer.json holds a model of type '{type}'; BPE is supported. Use a model with a BPE tokenizer, or leave the tokenizer out and give the evaluation text as token ids.");
        }

        foreach (var key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (!string.IsNullOrEmpty(model.Text(key)))
            {
                throw new TokenizerException("unsupported-model", $"tokenizer.json sets '{key}', which is not supported. Use a byte-level or byte-fallback BPE tokenizer.");
            }
        }

        var vocabulary = VocabularyReader.Vocabulary(model, limits);
        var merges = VocabularyReader.Merges(model, vocabulary, limits);
        int? unknown = model.Text("unk_token") is not { } unknownToken
            ? null
            : vocabulary.TryGetValue(unknownToken, out var id)
                ? id
                : throw new TokenizerException("unknown-token", $"The unknown token '{unknownToken}' of tokenizer.json is not in its vocabulary.");
        var steps = new StepReader(limits);
        return new(
            vocabulary,
            new BpeModel(vocabulary, merges, unknown, model.Flag("fuse_unk", false), model.Flag("byte_fallback", false), model.Flag("ignore_merges", false)),
            AddedTokensOf(root, vocabulary, limits),
            steps.Normalizers(root.Object("normalizer")),
            steps.PreTokenizers(root.Object("pre_tokenizer")),
            steps.Decoders(root.Object("decoder")),
            TemplateStartOf(root.Object("post_processor")));
    }

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
                throw new TokenizerException("duplicate-token", $"tokenizer.json gives the token '{token.Content}' both id {known} and id {token.Id}.");
            }

            if (owners.TryGetValue(token.Id, out var owner) && owner != token.Content)
            {
                throw new TokenizerException("duplicate-id", $"tokenizer.json gives id {token.Id} to both '{owner}' and '{token.Content}'.");
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

    /// <summary>The special token that a template puts before a text, such as <c>&lt;s&gt;</c>.</summary>
    private static string? TemplateStartOf(JsonElement? processor)
    {
        if (processor is not { } step)
        {
            return null;
        }

        if (step.Text("type") == "Sequence")
        {
            return step.Array("processors")?.EnumerateArray().Select(inner => TemplateStartOf(inner)).FirstOrDefault(start => start is not null);
        }

        return step.Text("type") == "TemplateProcessing" && step.Array("single") is { } single && single.GetArrayLength() > 0
            ? single[0].Object("SpecialToken")?.Text("id")
            : null;
    }
}
