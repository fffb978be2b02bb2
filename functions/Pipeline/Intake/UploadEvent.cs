using System.Text.Json;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Reads a BlobCreated event as Event Grid puts it on a queue, in either schema: both name the blob in <c>subject</c>.
/// <code>{"specversion":"1.0","type":"Microsoft.Storage.BlobCreated","subject":"/blobServices/default/containers/models/blobs/m/1/slmops.json",…}</code>
/// </summary>
internal static class UploadEvent
{
    internal static (string? Subject, string? Traceparent) Read(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
        var root = document.RootElement;
        var type = Text(root, "type") ?? Text(root, "eventType");
        return type == "Microsoft.Storage.BlobCreated" ? (Text(root, "subject"), Text(root, "traceparent")) : (null, null);
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
