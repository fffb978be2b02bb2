using System.Text.Json;
using System.Text.Json.Serialization;
using SlmOps.Contracts;
using SlmOps.Quantizer;
using SlmOps.Quantizer.Options;

namespace SlmOps.Pipeline.Runs;

/// <summary>One build of the model.</summary>
/// <param name="Name">Its name in the release.</param>
/// <param name="Options">What the quantizer does; null leaves the model as it is.</param>
[JsonConverter(typeof(VariantRequestConverter))]
internal sealed record VariantRequest(string Name, QuantizationOptions? Options)
{
    /// <summary>The word for a variant that leaves a model as it is.</summary>
    internal const string Original = VariantOffer.OriginalRecipe;

    /// <summary>The recipe, or the word for none.</summary>
    internal string Recipe => Options?.Recipe ?? Original;

    internal QuantizationOptions ToOptions(int threads) =>
        (Options ?? throw new InvalidOperationException($"The variant '{Name}' is the original; nothing is to be quantized.")) with
        {
            Threads = threads,
        };
}

/// <summary>Stores a variant as <c>slmops.json</c> writes it: recipe and options beside the name.</summary>
internal sealed class VariantRequestConverter : JsonConverter<VariantRequest>
{
    private const string Name = "name";
    private const string Recipe = "recipe";

    public override VariantRequest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        var (name, recipe) = (root.GetProperty(Name).GetString()!, root.GetProperty(Recipe).GetString()!);
        return new(
            name,
            recipe == VariantRequest.Original
                ? null
                : OptionCatalog
                    .In(OptionPlaces.Manifest)
                    .Aggregate(
                        new QuantizationOptions { Recipe = recipe },
                        (asked, option) =>
                            root.TryGetProperty(option.Name, out var value) && Value(option, value) is { } given
                                ? option.With(asked, given)
                                : asked));
    }

    public override void Write(Utf8JsonWriter writer, VariantRequest value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString(Name, value.Name);
        writer.WriteString(Recipe, value.Recipe);
        foreach (var option in value.Options is null ? [] : OptionCatalog.In(OptionPlaces.Manifest))
        {
            if (option.ValueIn(value.Options!) is { } given)
            {
                writer.WritePropertyName(option.Name);
                JsonSerializer.Serialize(writer, given, given.GetType(), options);
            }
        }

        writer.WriteEndObject();
    }

    private static object? Value(OptionDeclaration option, JsonElement value) => (option.Kind, value.ValueKind) switch
    {
        (_, JsonValueKind.Null) => null,
        (OptionKind.WholeNumber, _) => value.GetInt64(),
        (OptionKind.Number, _) => value.GetDouble(),
        (OptionKind.Names, _) => value.GetArrayLength() == 0 ? null : value.EnumerateArray().Select(item => item.GetString()!).ToArray(),
        _ => value.GetBoolean(),
    };
}
