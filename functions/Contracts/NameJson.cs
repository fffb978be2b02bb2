using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>
/// Writes a name as its text and <c>default</c> as null; reads nothing that is not a name. Null is read as <c>default</c> where
/// null would be taken for a text too: whoever wants the name asks <see cref="IName{T}.IsEmpty"/>.
/// </summary>
/// <typeparam name="T">The kind of name.</typeparam>
public sealed class NameJson<T> : JsonConverter<T>
    where T : struct, IName<T>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null when !options.RespectNullableAnnotations => default,
        JsonTokenType.String => Read(reader.GetString()),
        _ => throw new JsonException($"Expected a {T.What}: {SafeName.Rule}."),
    };

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Read(reader.GetString());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (value.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteStringValue(value.ToString());
        }
    }

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString()!);

    private static T Read(string? text) => T.TryParse(text, out var name) ? name : throw new JsonException(NameText.Fault<T>(text));
}
