using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>What a publish request holds: events, or the reason why it is refused.</summary>
internal sealed record ReadEvents(IReadOnlyList<AcceptedEvent> Events, int Status, string? Error)
{
    public static ReadEvents Refuse(int status, string error) => new([], status, error);
}

/// <summary>Reads the body of a publish request in each of the schemas Event Grid takes.</summary>
internal static class EventReader
{
    public const int MaxBytes = 1024 * 1024;
    public const int MaxEvents = 5000;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <param name="topic">Topic name.</param>
    /// <param name="topicSource">Stands for the topic in events of the Event Grid schema.</param>
    /// <param name="contentType">Media type without parameters.</param>
    /// <param name="body">At most <see cref="MaxBytes"/>.</param>
    /// <param name="header">Reads a request header; null when it is absent.</param>
    /// <param name="headerNames">Names of all request headers, for the binary mode.</param>
    public static ReadEvents Read(
        string topic,
        string topicSource,
        string contentType,
        ReadOnlyMemory<byte> body,
        Func<string, string?> header,
        IEnumerable<string> headerNames)
    {
        try
        {
            if (header("ce-specversion") is not null)
            {
                return Check(topic, [BinaryCloudEvent.ToStructured(contentType, body, header, headerNames)]);
            }

            if (contentType is not ("application/cloudevents-batch+json" or "application/cloudevents+json" or "application/json" or ""))
            {
                return ReadEvents.Refuse(415, $"Content type '{contentType}' is not one that carries events.");
            }

            using var document = JsonDocument.Parse(body, Strict);
            var root = document.RootElement.Clone();
            return contentType switch
            {
                "application/cloudevents-batch+json" => Check(topic, Items(root)),
                "application/cloudevents+json" => Check(topic, [root]),
                _ => Check(topic, [.. Items(root).Select(item => FromEither(item, topicSource))]),
            };
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return ReadEvents.Refuse(400, $"The body is not a list of events: {e.Message}");
        }
    }

    private static ReadEvents Check(string topic, JsonElement[] items)
    {
        if (items.Length > MaxEvents)
        {
            return ReadEvents.Refuse(413, $"{items.Length} events in one request; at most {MaxEvents} are allowed.");
        }

        for (var index = 0; index < items.Length; index++)
        {
            if (Fault(items[index]) is { } fault)
            {
                return ReadEvents.Refuse(400, $"Event {index}: {fault}");
            }
        }

        return new([.. items.Select(item => AcceptedEvent.From(topic, item))], 200, null);
    }

    private static string? Fault(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            return "not a JSON object.";
        }

        foreach (var required in (ReadOnlySpan<string>)["id", "source", "type", "specversion"])
        {
            if (!item.TryGetProperty(required, out var value) || value.ValueKind != JsonValueKind.String || value.GetString() is "")
            {
                return $"'{required}' must be a text that is not empty.";
            }
        }

        if (item.GetProperty("specversion").GetString() != "1.0")
        {
            return "'specversion' must be 1.0.";
        }

        if (item.TryGetProperty("subject", out var subject) && subject.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
        {
            return "'subject' must be a text.";
        }

        if (item.TryGetProperty("time", out var time)
            && time.ValueKind != JsonValueKind.Null
            && (time.ValueKind != JsonValueKind.String || !time.TryGetDateTimeOffset(out _)))
        {
            return "'time' must be an RFC 3339 time.";
        }

        return item.TryGetProperty("data", out _) && item.TryGetProperty("data_base64", out _)
            ? "only one of 'data' and 'data_base64' may be there."
            : null;
    }

    private static JsonElement[] Items(JsonElement root) =>
        root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];

    private static JsonElement FromEither(JsonElement item, string topicSource) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("specversion", out _)
            ? item
            : EventGridSchema.ToCloudEvent(item, topicSource);
}
