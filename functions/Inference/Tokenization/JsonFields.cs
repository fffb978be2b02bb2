using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>Reads fields of a tokenizer.json; what has the wrong kind is an error that names the field.</summary>
internal static class JsonFields
{
    internal static JsonElement? Object(this JsonElement owner, string key) => owner.Field(key, JsonValueKind.Object);

    internal static JsonElement? Array(this JsonElement owner, string key) => owner.Field(key, JsonValueKind.Array);

    internal static string? Text(this JsonElement owner, string key) => owner.Field(key, JsonValueKind.String)?.AsText(key);

    internal static string RequiredText(this JsonElement owner, string key) =>
        owner.Text(key) ?? throw Bad($"'{key}' is missing in {Excerpt(owner)}");

    internal static bool Flag(this JsonElement owner, string key, bool absent) => owner.Any(key) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Bad($"'{key}' must be true or false"),
    };

    internal static int Number(this JsonElement owner, string key) =>
        owner.Field(key, JsonValueKind.Number) is { } value && value.TryGetInt32(out var number)
            ? number
            : throw Bad($"'{key}' must be a whole number in {Excerpt(owner)}");

    internal static string AsText(this JsonElement value, string what)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Bad($"'{what}' must be a string");
        }
        catch (InvalidOperationException exception)
        {
            throw new TokenizerException("bad-structure", $"A string of '{what}' in tokenizer.json is not valid Unicode.", exception);
        }
    }

    internal static TokenizerException Bad(string what) => new("bad-structure", $"tokenizer.json is malformed: {what}.");

    private static JsonElement? Field(this JsonElement owner, string key, JsonValueKind kind) =>
        owner.Any(key) is { } value ? value.ValueKind == kind ? value : throw Bad($"'{key}' must be of kind {kind}") : null;

    private static JsonElement? Any(this JsonElement owner, string key) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    private static string Excerpt(JsonElement element)
    {
        const int Shown = 120;
        var text = element.GetRawText();
        return text.Length <= Shown ? text : text[..Shown] + "…";
    }
}
