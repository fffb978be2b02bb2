using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SlmOps.Packaging.Format;

/// <summary>
/// The canonical form that TUF signs: sorted keys, no spaces, whole numbers only, and in strings nothing escaped but
/// <c>"</c> and <c>\</c>. A PEM's line breaks stay as they are, so the form is for signing and is not always JSON.
/// </summary>
internal static class OlpcJson
{
    /// <exception cref="PackageFormatException">With <c>not-canonical</c> for a number that is not whole.</exception>
    internal static byte[] Of(JsonElement element)
    {
        var text = new StringBuilder();
        Append(text, element);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                AppendAll(text, '{', element.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal), '}', property =>
                {
                    AppendText(text, property.Name);
                    text.Append(':');
                    Append(text, property.Value);
                });
                break;
            case JsonValueKind.Array:
                AppendAll(text, '[', element.EnumerateArray(), ']', item => Append(text, item));
                break;
            case JsonValueKind.String:
                AppendText(text, element.GetString()!);
                break;
            case JsonValueKind.Number when element.TryGetInt64(out var number):
                text.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null:
                text.Append(element.GetRawText());
                break;
            default:
                throw new PackageFormatException("not-canonical", "Signed metadata may hold whole numbers only.");
        }
    }

    private static void AppendAll<T>(StringBuilder text, char open, IEnumerable<T> items, char close, Action<T> append)
    {
        text.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                text.Append(',');
            }

            first = false;
            append(item);
        }

        text.Append(close);
    }

    private static void AppendText(StringBuilder text, string value) =>
        text.Append('"')
            .Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))
            .Append('"');
}
