using System.Diagnostics;
using System.Text.Json;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Finds the trace context that a message or an event carries as its property <c>traceparent</c>.</summary>
internal static class TraceContextReader
{
    public static ActivityContext FromJson(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return FromJson(document.RootElement);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    public static ActivityContext FromJson(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("traceparent", out var value)
        && value.ValueKind == JsonValueKind.String
            ? FromText(value.GetString())
            : default;

    public static ActivityContext FromText(string? traceparent) =>
        ActivityContext.TryParse(traceparent, null, isRemote: true, out var context) ? context : default;
}
