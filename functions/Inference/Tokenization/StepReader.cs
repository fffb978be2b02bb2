using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>Reads the normalizer, pre-tokenizer and decoder of a tokenizer.json; a kind it does not know is refused.</summary>
internal sealed class StepReader(TokenizerLimits limits)
{
    internal List<Normalizer> Normalizers(JsonElement? step) => Flatten(step, "normalizers", ReadNormalizer);

    internal List<PreTokenizer> PreTokenizers(JsonElement? step) => Flatten(step, "pretokenizers", ReadPreTokenizer);

    internal List<TokenDecoder> Decoders(JsonElement? step) => Flatten(step, "decoders", ReadDecoder);

    private static List<T> Flatten<T>(JsonElement? step, string listKey, Func<JsonElement, IEnumerable<T>> read)
    {
        const int MaxSteps = 64;
        if (step is not { } element)
        {
            return [];
        }

        if (element.Text("type") != "Sequence")
        {
            return [.. read(element)];
        }

        var list = element.Array(listKey) ?? throw JsonFields.Bad($"a Sequence has no '{listKey}'");
        return list.GetArrayLength() > MaxSteps
            ? throw new TokenizerException(
                "too-large",
                $"tokenizer.json has a sequence of {list.GetArrayLength()} steps; at most {MaxSteps} are read.")
            : [.. list.EnumerateArray().SelectMany(inner => Flatten(inner, listKey, read))];
    }

    private IEnumerable<Normalizer> ReadNormalizer(JsonElement step) =>
        step.RequiredText("type") switch
        {
            "NFC" => [new Normalizer.Compose()],
            "Prepend" => [new Normalizer.Prepend(Short(step.RequiredText("prepend")))],
            "Replace" => [new Normalizer.Replace(Pattern(step), Short(step.Text("content") ?? ""))],
            "Lowercase" => [new Normalizer.Lowercase()],
            "Strip" => [new Normalizer.Strip(step.Flag("strip_left", true), step.Flag("strip_right", true))],
            "NFD" => [new Normalizer.Decompose()],
            "StripAccents" => [new Normalizer.StripAccents()],
            "BertNormalizer" => Bert(step),
            "Precompiled" => [new Normalizer.Mapped(CharacterMap.Read(step.RequiredText("precompiled_charsmap")))],
            var type => throw Unsupported(
                "normalizer",
                type,
                "NFC, NFD, Prepend, Replace, Lowercase, Strip, StripAccents, BertNormalizer, Precompiled"),
        };

    /// <summary>Accents go where letters are lowered, unless the file says otherwise.</summary>
    private static IEnumerable<Normalizer> Bert(JsonElement step)
    {
        var lowers = step.Flag("lowercase", true);
        if (step.Flag("clean_text", true))
        {
            yield return new Normalizer.CleanText();
        }

        if (step.Flag("handle_chinese_chars", true))
        {
            yield return new Normalizer.SpaceIdeographs();
        }

        if (step.Flag("strip_accents", lowers))
        {
            yield return new Normalizer.Decompose();
            yield return new Normalizer.StripAccents();
        }

        if (lowers)
        {
            yield return new Normalizer.Lowercase();
        }
    }

    private IEnumerable<PreTokenizer> ReadPreTokenizer(JsonElement step) =>
        step.RequiredText("type") switch
        {
            "ByteLevel" => [new PreTokenizer.ByteLevel(step.Flag("add_prefix_space", true), step.Flag("use_regex", true))],
            "Split" => [new PreTokenizer.Split(Pattern(step), Behavior(step.Text("behavior") ?? "Isolated"), step.Flag("invert", false))],
            "Metaspace" => [new PreTokenizer.Metaspace(Mark(step), Scheme(step), step.Flag("split", true))],
            "Digits" => [Expression(step.Flag("individual_digits", false) ? @"\p{N}" : @"\p{N}+", SplitBehavior.Isolated)],
            "Punctuation" => [Expression(@"[\p{P}$+<=>^`|~]", Behavior(step.Text("behavior") ?? "Isolated"))],
            "WhitespaceSplit" => [Expression(@"\s+", SplitBehavior.Removed)],
            "Whitespace" =>
            [
                new PreTokenizer.Split(
                    SplitPattern.Expression(@"\w+|[^\w\s]+", limits.PatternTimeout),
                    SplitBehavior.Removed,
                    Invert: true),
            ],
            "BertPreTokenizer" => [Expression(@"\s+", SplitBehavior.Removed), Expression(@"[\p{P}$+<=>^`|~]", SplitBehavior.Isolated)],
            var type => throw Unsupported(
                "pre-tokenizer",
                type,
                "BertPreTokenizer, ByteLevel, Split, Metaspace, Digits, Punctuation, Whitespace, WhitespaceSplit"),
        };

    private IEnumerable<TokenDecoder> ReadDecoder(JsonElement step) =>
        step.RequiredText("type") switch
        {
            "ByteLevel" => [new TokenDecoder.ByteLevel()],
            "Metaspace" => [new TokenDecoder.Metaspace(Mark(step), Scheme(step))],
            "Replace" => [new TokenDecoder.Replace(Pattern(step), Short(step.Text("content") ?? ""))],
            "Fuse" => [new TokenDecoder.Fuse()],
            "ByteFallback" => [new TokenDecoder.ByteFallback()],
            "Strip" =>
            [
                new TokenDecoder.Strip(
                    step.RequiredText("content") is [var c] ? c : throw JsonFields.Bad("'content' of Strip must be one character"),
                    step.Number("start"),
                    step.Number("stop")),
            ],
            "WordPiece" => [new TokenDecoder.WordPiece(Short(step.Text("prefix") ?? "##"), step.Flag("cleanup", true))],
            var type => throw Unsupported("decoder", type, "WordPiece, ByteLevel, Metaspace, Replace, Fuse, ByteFallback, Strip"),
        };

    private PreTokenizer.Split Expression(string pattern, SplitBehavior behavior) =>
        new(SplitPattern.Expression(pattern, limits.PatternTimeout), behavior, Invert: false);

    private SplitPattern Pattern(JsonElement step)
    {
        var pattern = step.Object("pattern") ?? throw JsonFields.Bad("a step has no 'pattern'");
        return pattern.Text("String") is { } literal
            ? SplitPattern.Literal(literal)
            : SplitPattern.Expression(pattern.RequiredText("Regex"), limits.PatternTimeout);
    }

    /// <summary>What is put into a text over and over must be short, or a small file makes a huge text.</summary>
    private static string Short(string text) =>
        text.Length <= 64 ? text : throw JsonFields.Bad($"a replacement of {text.Length} characters; at most 64 are read");

    private static string Mark(JsonElement step) =>
        (step.Text("replacement") ?? "▁") is { Length: 1 } mark
            ? mark
            : throw JsonFields.Bad("'replacement' of Metaspace must be one character");

    private static SplitBehavior Behavior(string name) => name switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        _ => throw JsonFields.Bad($"'{name}' is no split behavior"),
    };

    /// <summary>Older files say <c>add_prefix_space</c> instead of <c>prepend_scheme</c>.</summary>
    private static PrependScheme Scheme(JsonElement step) => step.Text("prepend_scheme") switch
    {
        "always" => PrependScheme.Always,
        "first" => PrependScheme.First,
        "never" => PrependScheme.Never,
        null => step.Flag("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never,
        var name => throw JsonFields.Bad($"'{name}' is no prepend scheme"),
    };

    private static TokenizerException Unsupported(string what, string type, string known) =>
        new(
            "unsupported-step",
            $"tokenizer.json has a {what} of type '{type}', which is not supported; supported are {known}. Export the tokenizer with one "
                + "of these."
        );
}
