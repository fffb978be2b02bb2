using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SlmOps.Packaging.Format;

/// <summary>Writes the one form of a document that every run gives: no spaces, fixed order, no needless escapes.</summary>
internal static class CanonicalJson
{
    // The default encoder writes '+' as \u002B. Tools that read and write an index again would then change the bytes
    // of every "…+json" media type, and with them the digest.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = false,
    };

    internal static byte[] Write(Action<Utf8JsonWriter> body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            body(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes annotations with byte-sorted keys, as Go writes a map; nothing when there are none.</summary>
    internal static void Annotations(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, string>> annotations)
    {
        var sorted = annotations.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        if (sorted.Count == 0)
        {
            return;
        }

        json.WriteStartObject("annotations");
        foreach (var (key, value) in sorted)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    internal static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    internal static bool TryTime(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text,
        "yyyy-MM-dd'T'HH:mm:ss'Z'",
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out time);
}
