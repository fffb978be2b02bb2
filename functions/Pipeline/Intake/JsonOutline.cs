using System.Text.Json;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// JSON read into nodes that know their line, which <see cref="JsonDocument"/> does not keep. Comments and trailing
/// commas are allowed, duplicate keys are not. Bounded by the caller's file size and a depth of 16.
/// </summary>
internal sealed record JsonOutline(JsonValueKind Kind, int Line, string? Text, double Number)
{
    internal Dictionary<string, JsonOutline> Members { get; } = [];

    internal List<JsonOutline> Items { get; } = [];

    /// <exception cref="JsonException">The text is not JSON; the message and the 0-based line are in it.</exception>
    internal static JsonOutline Parse(byte[] utf8)
    {
        // Some editors start a text with a byte order mark, which is not JSON.
        utf8 = utf8.AsSpan().StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = 16,
        });
        var lines = new LineCounter(utf8);
        if (!reader.Read())
        {
            throw new JsonException("The file is empty.");
        }

        var root = Value(ref reader, lines);
        return reader.Read() ? throw new JsonException("There is more after the end of the document.") : root;
    }

    private static JsonOutline Value(ref Utf8JsonReader reader, LineCounter lines)
    {
        var line = lines.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = new JsonOutline(JsonValueKind.Object, line, null, 0);
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var at = lines.At(reader.TokenStartIndex);
                    var name = String(ref reader, at);
                    reader.Read();
                    if (!map.Members.TryAdd(name, Value(ref reader, lines)))
                    {
                        throw new JsonException($"The key '{name}' stands twice.", null, at - 1, null);
                    }
                }

                return map;
            case JsonTokenType.StartArray:
                var list = new JsonOutline(JsonValueKind.Array, line, null, 0);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Items.Add(Value(ref reader, lines));
                }

                return list;
            case JsonTokenType.String:
                return new(JsonValueKind.String, line, String(ref reader, line), 0);
            case JsonTokenType.Number:
                return new(JsonValueKind.Number, line, null, reader.GetDouble());
            case JsonTokenType.True:
                return new(JsonValueKind.True, line, null, 0);
            case JsonTokenType.False:
                return new(JsonValueKind.False, line, null, 0);
            default:
                return new(JsonValueKind.Null, line, null, 0);
        }
    }

    private static string String(ref Utf8JsonReader reader, int line)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException fault)
        {
            throw new JsonException("A text holds half a character.", null, line - 1, null, fault);
        }
    }

    /// <summary>1-based line of a byte offset; offsets only grow, so the text is walked once.</summary>
    private sealed class LineCounter(byte[] utf8)
    {
        private long _offset;
        private int _line = 1;

        internal int At(long offset)
        {
            for (; _offset < offset; _offset++)
            {
                if (utf8[_offset] == '\n')
                {
                    _line++;
                }
            }

            return _line;
        }
    }
}
