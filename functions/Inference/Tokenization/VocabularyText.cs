using System.Text;
using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>
/// A <c>vocab.txt</c> of BERT, one token a line with the line as its id, written as the tokenizer.json that it stands for.
/// Whether text is lowered shows in the vocabulary: one that is made for lowered text has no capital letter outside of its
/// special tokens.
/// </summary>
internal static class VocabularyText
{
    private static readonly string[] Special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    internal static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> utf8)
    {
        var tokens = Encoding.UTF8.GetString(utf8.Span).TrimEnd('\n', '\r').Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        var lowers = !tokens.Any(token => !token.StartsWith('[') && token.Any(char.IsUpper));
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Added(json, tokens);
            json.WriteStartObject("normalizer");
            json.WriteString("type", "BertNormalizer");
            json.WriteBoolean("lowercase", lowers);
            json.WriteEndObject();
            Typed(json, "pre_tokenizer", "BertPreTokenizer");
            Typed(json, "decoder", "WordPiece");
            if (tokens.Contains("[CLS]") && tokens.Contains("[SEP]"))
            {
                json.WriteStartObject("post_processor");
                json.WriteString("type", "BertProcessing");
                Name(json, "cls", "[CLS]");
                Name(json, "sep", "[SEP]");
                json.WriteEndObject();
            }

            json.WriteStartObject("model");
            json.WriteString("type", "WordPiece");
            json.WriteString("unk_token", "[UNK]");
            json.WriteStartObject("vocab");
            for (var id = 0; id < tokens.Count; id++)
            {
                json.WriteNumber(tokens[id], id);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Added(Utf8JsonWriter json, List<string> tokens)
    {
        json.WriteStartArray("added_tokens");
        foreach (var name in Special.Where(tokens.Contains))
        {
            json.WriteStartObject();
            json.WriteNumber("id", tokens.IndexOf(name));
            json.WriteString("content", name);
            json.WriteBoolean("special", true);
            json.WriteBoolean("normalized", false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Typed(Utf8JsonWriter json, string key, string type)
    {
        json.WriteStartObject(key);
        json.WriteString("type", type);
        json.WriteEndObject();
    }

    private static void Name(Utf8JsonWriter json, string key, string token)
    {
        json.WriteStartArray(key);
        json.WriteStringValue(token);
        json.WriteEndArray();
    }
}
