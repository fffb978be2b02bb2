using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Rollout;

/// <summary>
/// Reads a ModelReleased event as Event Grid puts it on a queue, in either schema: both carry it in <c>data</c>.
/// <code>{"specversion":"1.0","type":"slmops.model.released.v1","traceparent":"00-…","data":{"release":{…},"channel":"c","runId":"m@1"},…}</code>
/// </summary>
internal static class ReleasedEvent
{
    /// <exception cref="InvalidDataException">When it is no such event.</exception>
    internal static (RunKey Run, string? Traceparent) Read(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
        var root = document.RootElement;
        var type = Text(root, "type") ?? Text(root, "eventType");
        return type == EventTypes.ModelReleased
            && root.TryGetProperty("data", out var data)
            && RunKey.TryParse(Text(data, "runId"), out var run)
            ? (run, Text(root, "traceparent"))
            : throw new InvalidDataException(
                $"The message is no event {EventTypes.ModelReleased} that names its run in data.runId; its type is '{type}'.");
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
