using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Operator;

/// <summary>
/// Upper snake case on the wire: <c>ROLLING_BACK</c>, and nothing else. The framework's converter would also read
/// <c>"READY, PAUSED"</c> and give the bits of both.
/// </summary>
/// <typeparam name="T">An enum of states.</typeparam>
public sealed class StateNames<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly FrozenDictionary<T, string> Names = Enum.GetValues<T>()
        .ToFrozenDictionary(state => state, state => JsonNamingPolicy.SnakeCaseUpper.ConvertName(state.ToString()));

    private static readonly FrozenDictionary<string, T> States =
        Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && States.TryGetValue(reader.GetString()!, out var state)
            ? state
            : throw new JsonException($"Expected one of {string.Join(", ", Names.Values.Order(StringComparer.Ordinal))}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Names[value]);
}
