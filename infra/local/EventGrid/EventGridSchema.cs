using System.Buffers;
using System.Text;
using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>Between the Event Grid schema and CloudEvents, as Event Grid maps them.</summary>
internal static class EventGridSchema
{
    /// <exception cref="FormatException">When a required property is missing or has the wrong kind.</exception>
    public static JsonElement ToCloudEvent(JsonElement item, string topicSource)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("An event must be a JSON object.");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", Text(item, "id"));
            json.WriteString("source", topicSource);
            json.WriteString("type", Text(item, "eventType"));
            json.WriteString("subject", Text(item, "subject"));
            json.WriteString("time", Text(item, "eventTime"));
            if (item.TryGetProperty("dataVersion", out var version) && version.ValueKind == JsonValueKind.String)
            {
                json.WriteString("dataschema", "#" + version.GetString());
            }

            if (item.TryGetProperty("data", out var data))
            {
                json.WritePropertyName("data");
                data.WriteTo(json);
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>The event in the Event Grid schema.</summary>
    public static string FromCloudEvent(JsonElement item)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Copy(json, item, "id", "id");
            Copy(json, item, "source", "topic");
            json.WriteString("subject", item.TryGetProperty("subject", out var subject) ? subject.GetString() ?? "" : "");
            Copy(json, item, "type", "eventType");
            Copy(json, item, "time", "eventTime");
            if (item.TryGetProperty("data", out var data))
            {
                json.WritePropertyName("data");
                data.WriteTo(json);
            }

            json.WriteString("dataVersion", DataVersion(item));
            json.WriteString("metadataVersion", "1");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The data version, or an empty string.</summary>
    public static string DataVersion(JsonElement cloudEvent) =>
        cloudEvent.TryGetProperty("dataschema", out var schema)
        && schema.ValueKind == JsonValueKind.String
        && schema.GetString() is ['#', .. var version]
            ? version
            : "";

    private static string Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"'{name}' must be a text.");

    private static void Copy(Utf8JsonWriter json, JsonElement item, string from, string to)
    {
        if (item.TryGetProperty(from, out var value))
        {
            json.WritePropertyName(to);
            value.WriteTo(json);
        }
    }
}
