using System.Buffers;
using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>The binary mode of CloudEvents over HTTP: attributes in <c>ce-*</c> headers, data in the body.</summary>
internal static class BinaryCloudEvent
{
    private const string Prefix = "ce-";

    /// <exception cref="JsonException">When the body claims to be JSON and is not.</exception>
    public static JsonElement ToStructured(
        string contentType, ReadOnlyMemory<byte> body, Func<string, string?> header, IEnumerable<string> headerNames)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var name in headerNames.Where(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)))
            {
                // Attribute values are percent-encoded where HTTP headers cannot carry them.
                json.WriteString(name[Prefix.Length..].ToLowerInvariant(), Uri.UnescapeDataString(header(name) ?? ""));
            }

            if (contentType.Length > 0)
            {
                json.WriteString("datacontenttype", contentType);
            }

            WriteData(json, contentType, body);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void WriteData(Utf8JsonWriter json, string contentType, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return;
        }

        if (contentType == "application/json" || contentType.EndsWith("+json", StringComparison.Ordinal))
        {
            using var data = JsonDocument.Parse(body);
            json.WritePropertyName("data");
            data.RootElement.WriteTo(json);
        }
        else
        {
            json.WriteBase64String("data_base64", body.Span);
        }
    }
}
