using System.Text;
using System.Text.Json.Nodes;
using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests.Tokenization;

/// <summary>Small tokenizers in the shapes that the usual model families publish, trained here on a few sentences.</summary>
internal static class TokenizerFamilies
{
    private const string Corpus =
        "The quick brown fox jumps over the lazy dog. She said it's 12345 o'clock, and they've been waiting for 67 minutes! "
        + "def main(args):\n    return [x for x in range(1024)]\n\n\t# naïve café über straße\nПривет, мир! こんにちは世界。 안녕하세요 "
        + "the the then there these this that those thing things nothing something    spaced   out  text\r\n";

    internal static readonly IReadOnlyList<string> Names =
    [
        "gpt2",
        "gpt2-prefix",
        "llama3",
        "qwen",
        "starcoder",
        "llama2",
        "llama2-metaspace",
        "mistral-metaspace",
        "bert",
        "bert-cased",
        "unigram",
    ];

    private const string Llama3Words =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string QwenWords =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    internal static JsonObject Json(string family) =>
        family switch
        {
            "gpt2" => ByteLevel(
                family,
                new JsonObject
                {
                    ["type"] = "ByteLevel",
                    ["add_prefix_space"] = false,
                    ["trim_offsets"] = true,
                    ["use_regex"] = true,
                }
            ),
            "gpt2-prefix" => ByteLevel(
                family,
                new JsonObject
                {
                    ["type"] = "ByteLevel",
                    ["add_prefix_space"] = true,
                    ["trim_offsets"] = true,
                    ["use_regex"] = true,
                }
            ),
            "llama3" => With(ByteLevel(family, Words(Llama3Words), pairs: true), "model", "ignore_merges", true),
            "qwen" => With(ByteLevel(family, Words(QwenWords)), "normalizer", new JsonObject { ["type"] = "NFC" }),
            "starcoder" => ByteLevel(
                family,
                Sequence(
                    "pretokenizers",
                    new JsonObject { ["type"] = "Digits", ["individual_digits"] = true },
                    new JsonObject
                    {
                        ["type"] = "ByteLevel",
                        ["add_prefix_space"] = false,
                        ["trim_offsets"] = true,
                        ["use_regex"] = true,
                    }
                )),
            "llama2" => With(
                With(
                    Fallback(null, pairs: false),
                    "normalizer",
                    Sequence("normalizers", new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" }, Replace(" ", "▁"))),
                "decoder",
                Sequence(
                    "decoders",
                    Replace("▁", " "),
                    new JsonObject { ["type"] = "ByteFallback" },
                    new JsonObject { ["type"] = "Fuse" },
                    new JsonObject
                    {
                        ["type"] = "Strip",
                        ["content"] = " ",
                        ["start"] = 1,
                        ["stop"] = 0,
                    }
                )),
            "llama2-metaspace" => Fallback(Metaspace("first", split: false), pairs: true),
            "mistral-metaspace" => Fallback(Metaspace("always", split: true), pairs: true),
            "bert" => WordPiece(lowers: true),
            "bert-cased" => WordPiece(lowers: false),
            "unigram" => Unigram(),
            _ => throw new ArgumentOutOfRangeException(nameof(family), family, null),
        };

    internal static Tokenizer Parse(JsonObject json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static JsonObject ByteLevel(string family, JsonObject preTokenizer, bool pairs = false)
    {
        var words = SplitPattern.Gpt2.Split(Corpus, SplitBehavior.Isolated, false, CancellationToken.None).Select(ByteAlphabet.FromText);
        var merges = BpeTrainer.Train(words, 300);
        var alphabet = Enumerable.Range(0, 256).Select(b => new string(ByteAlphabet.Char((byte)b), 1));
        string[] special = family == "llama3" ? ["<|begin_of_text|>", "<|end_of_text|>"] : ["<|endoftext|>"];
        return Assemble([.. special, .. alphabet], merges, special, preTokenizer, new JsonObject { ["type"] = "ByteLevel" }, pairs);
    }

    private static JsonObject Fallback(JsonObject? preTokenizer, bool pairs)
    {
        var text = "▁" + Corpus.Replace(" ", "▁", StringComparison.Ordinal);
        var words = SplitPattern.Literal("▁").Split(text, SplitBehavior.MergedWithNext, false, CancellationToken.None).ToList();
        var alphabet = words
            .SelectMany(word => word.EnumerateRunes())
            .Select(rune => rune.ToString())
            .Distinct()
            .Order(StringComparer.Ordinal);
        string[] special = ["<unk>", "<s>", "</s>"];
        var json = Assemble(
            [.. special, .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), .. alphabet],
            BpeTrainer.Train(words, 250),
            special,
            preTokenizer,
            preTokenizer?.DeepClone().AsObject(),
            pairs);
        json["model"]!["unk_token"] = "<unk>";
        json["model"]!["fuse_unk"] = true;
        json["model"]!["byte_fallback"] = true;
        json["post_processor"] = JsonNode.Parse(
            """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}"""
        );
        return json;
    }

    /// <summary>Every character alone and as a continuation, and the beginnings and ends of the words.</summary>
    private static JsonObject WordPiece(bool lowers)
    {
        var words = Corpus
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(word => lowers ? word.ToLowerInvariant() : word)
            .Distinct()
            .ToList();
        var pieces = words
            .SelectMany(word => Enumerable.Range(1, word.Length).SelectMany(cut => (string[])[word[..cut], "##" + word[^cut..]]))
            .Concat(words.SelectMany(word => word.Select(letter => letter.ToString())));
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
        var json = Assemble(
            [.. special, .. pieces.Distinct()],
            [],
            special,
            new JsonObject { ["type"] = "BertPreTokenizer" },
            new JsonObject
            {
                ["type"] = "WordPiece",
                ["prefix"] = "##",
                ["cleanup"] = false,
            },
            pairs: false);
        json["normalizer"] = new JsonObject
        {
            ["type"] = "BertNormalizer",
            ["clean_text"] = true,
            ["handle_chinese_chars"] = true,
            ["strip_accents"] = null,
            ["lowercase"] = lowers,
        };
        json["model"] = new JsonObject
        {
            ["type"] = "WordPiece",
            ["unk_token"] = "[UNK]",
            ["continuing_subword_prefix"] = "##",
            ["max_input_chars_per_word"] = 100,
            ["vocab"] = json["model"]!["vocab"]!.DeepClone(),
        };
        json["post_processor"] = JsonNode.Parse(
            """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],"pair":[],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}}"""
        );
        return json;
    }

    /// <summary>Pieces of the corpus with scores that are all different, so that no two cuts are equally likely.</summary>
    private static JsonObject Unigram()
    {
        var text = "▁" + Corpus.Replace(" ", "▁", StringComparison.Ordinal);
        var pieces = Enumerable
            .Range(1, 5)
            .SelectMany(length => Enumerable.Range(0, text.Length - length).Select(start => text.Substring(start, length)))
            // The reference does not cut at the mark, so no piece may reach over it.
            .Where(piece => piece.LastIndexOf('▁') <= 0 && !char.IsLowSurrogate(piece[0]) && !char.IsHighSurrogate(piece[^1]))
            .Distinct()
            .OrderByDescending(piece => piece.Length)
            .ThenBy(piece => piece, StringComparer.Ordinal)
            .ToList();
        var json = Assemble(
            ["<unk>", "<s>", "</s>"],
            [],
            ["<unk>", "<s>", "</s>"],
            Metaspace("always", split: true),
            Metaspace("always", split: true),
            pairs: false);
        json["model"] = new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = 0,
            ["vocab"] = new JsonArray([
                .. ((string[])["<unk>", "<s>", "</s>"]).Select(token => (JsonNode)new JsonArray(token, 0.0)),
                .. pieces.Select(
                    (piece, i) => (JsonNode)new JsonArray(piece, -3.0 - (2.5 * piece.Length * (0.7 + (0.013 * (i * 37 % 101)))))),
            ]),
        };
        return json;
    }

    private static JsonObject Assemble(
        string[] first,
        List<(string Left, string Right)> merges,
        string[] special,
        JsonObject? preTokenizer,
        JsonObject? decoder,
        bool pairs)
    {
        var vocabulary = new JsonObject();
        foreach (var token in first.Concat(merges.Select(merge => merge.Left + merge.Right)).Distinct())
        {
            vocabulary[token] = vocabulary.Count;
        }

        return new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([
                .. special.Select(
                    (token, id) =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["id"] = id,
                                ["content"] = token,
                                ["single_word"] = false,
                                ["lstrip"] = false,
                                ["rstrip"] = false,
                                ["normalized"] = false,
                                ["special"] = true,
                            }
                ),
            ]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = preTokenizer,
            ["post_processor"] = null,
            ["decoder"] = decoder,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([
                    .. merges.Select(merge => pairs ? (JsonNode)new JsonArray(merge.Left, merge.Right) : $"{merge.Left} {merge.Right}"),
                ]),
            },
        };
    }

    private static JsonObject Words(string pattern) =>
        Sequence(
            "pretokenizers",
            new JsonObject
            {
                ["type"] = "Split",
                ["pattern"] = new JsonObject { ["Regex"] = pattern },
                ["behavior"] = "Isolated",
                ["invert"] = false,
            },
            new JsonObject
            {
                ["type"] = "ByteLevel",
                ["add_prefix_space"] = false,
                ["trim_offsets"] = true,
                ["use_regex"] = false,
            }
        );

    private static JsonObject Metaspace(string scheme, bool split) =>
        new()
        {
            ["type"] = "Metaspace",
            ["replacement"] = "▁",
            ["prepend_scheme"] = scheme,
            ["split"] = split,
        };

    private static JsonObject Replace(string pattern, string content) =>
        new()
        {
            ["type"] = "Replace",
            ["pattern"] = new JsonObject { ["String"] = pattern },
            ["content"] = content,
        };

    private static JsonObject Sequence(string key, params JsonNode[] steps) =>
        new() { ["type"] = "Sequence", [key] = new JsonArray(steps) };

    private static JsonObject With(JsonObject json, string key, JsonNode value)
    {
        json[key] = value;
        return json;
    }

    private static JsonObject With(JsonObject json, string owner, string key, JsonNode value)
    {
        json[owner]![key] = value;
        return json;
    }
}
