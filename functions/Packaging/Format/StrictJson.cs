using System.Text.Json;
using System.Text.Unicode;

namespace SlmOps.Packaging.Format;

/// <summary>
/// A JSON object read with suspicion: bounded, valid UTF-8, no duplicate and no unknown properties, and an error that
/// names the place. Every failure is a <see cref="PackageFormatException"/>.
/// </summary>
internal readonly struct StrictJson
{
    private readonly JsonElement _element;
    private readonly string _place;

    private StrictJson(JsonElement element, string place)
    {
        _element = element;
        _place = place;
    }

    internal static StrictJson Parse(ReadOnlySpan<byte> utf8, int limit, string what)
    {
        if (utf8.Length > limit)
        {
            throw new PackageFormatException("too-large", $"The {what} has {utf8.Length} bytes; at most {limit} are allowed.");
        }

        if (!Utf8.IsValid(utf8))
        {
            throw new PackageFormatException("not-utf8", $"The {what} is not valid UTF-8.");
        }

        // Spaces around a document would be bytes that no signature covers.
        if (utf8.IsEmpty || utf8[0] != '{' || utf8[^1] != '}')
        {
            throw new PackageFormatException("not-json", $"The {what} is not one JSON object from its first byte to its last.");
        }

        try
        {
            var options = new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(utf8.ToArray(), options);
            return Object(document.RootElement.Clone(), what);
        }
        catch (JsonException exception)
        {
            throw new PackageFormatException("not-json", $"The {what} is not strict JSON: {exception.Message}");
        }
        catch (InvalidOperationException)
        {
            // A property name with half a surrogate pair: looking for duplicates decodes it.
            throw new PackageFormatException("not-json", $"The {what} has a property name that is not valid text.");
        }
    }

    /// <summary>Refuses every property that is not named here.</summary>
    internal void Only(params ReadOnlySpan<string> names)
    {
        foreach (var property in _element.EnumerateObject())
        {
            var name = NameOf(property);
            if (!names.Contains(name))
            {
                throw new PackageFormatException("unknown-property", $"{_place} has the unknown property '{Shown(name)}'.");
            }
        }
    }

    internal string Text(string name) => TextOrNull(name)
        ?? throw new PackageFormatException("missing-property", $"{_place} lacks '{name}'.");

    internal string? TextOrNull(string name)
    {
        if (!_element.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String
            ? Decode(value, $"{_place}.{name}")
            : throw new PackageFormatException("wrong-type", $"{_place}.{name} must be a string.");
    }

    /// <summary>Requires a property to have one certain value.</summary>
    internal void Is(string name, string expected)
    {
        var value = Text(name);
        if (value != expected)
        {
            throw new PackageFormatException("wrong-value", $"{_place}.{name} is '{Shown(value)}'; expected '{expected}'.");
        }
    }

    internal long Number(string name, long least, long most)
    {
        if (!_element.TryGetProperty(name, out var value))
        {
            throw new PackageFormatException("missing-property", $"{_place} lacks '{name}'.");
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : throw new PackageFormatException("out-of-range", $"{_place}.{name} must be a whole number from {least} to {most}.");
    }

    internal bool Has(string name) => _element.TryGetProperty(name, out _);

    internal Contracts.Digest Digest(string name)
    {
        var text = Text(name);
        return Contracts.Digest.TryParse(text, out var digest)
            ? digest
            : throw new PackageFormatException("bad-digest", $"{_place}.{name} is '{Shown(text)}', not a SHA-256 digest.");
    }

    /// <summary>A digest as in-toto writes it: the hexadecimal digits alone.</summary>
    internal Contracts.Digest BareDigest(string name)
    {
        var text = Text(name);
        return Contracts.Digest.TryParse($"sha256:{text}", out var digest)
            ? digest
            : throw new PackageFormatException("bad-digest", $"{_place}.{name} is '{Shown(text)}', not 64 lower-case hexadecimal digits.");
    }

    internal StrictJson Child(string name) => _element.TryGetProperty(name, out var value)
        ? Object(value, $"{_place}.{name}")
        : throw new PackageFormatException("missing-property", $"{_place} lacks '{name}'.");

    internal IReadOnlyList<StrictJson> Children(string name, int most)
    {
        var place = $"{_place}.{name}";
        return [.. Items(name, most).Select((item, index) => Object(item, $"{place}[{index}]"))];
    }

    internal IReadOnlyList<string> Texts(string name, int most)
    {
        var place = $"{_place}.{name}";
        return [.. Items(name, most).Select((item, index) => item.ValueKind == JsonValueKind.String
            ? Decode(item, $"{place}[{index}]")
            : throw new PackageFormatException("wrong-type", $"{place}[{index}] must be a string."))];
    }

    /// <summary>All properties as text, for annotations; unknown ones are allowed so that newer writers can add some.</summary>
    internal IReadOnlyDictionary<string, string> Map(string name, int most)
    {
        var child = Child(name);
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in child._element.EnumerateObject())
        {
            if (map.Count == most)
            {
                throw new PackageFormatException("too-many", $"{child._place} has more than {most} entries.");
            }

            var key = child.NameOf(property);
            map[key] = child.Text(key);
        }

        return map;
    }

    /// <summary>All properties, each an object, with their names.</summary>
    internal IReadOnlyList<(string Name, StrictJson Value)> Members(int most)
    {
        var members = new List<(string, StrictJson)>();
        foreach (var property in _element.EnumerateObject())
        {
            if (members.Count == most)
            {
                throw new PackageFormatException("too-many", $"{_place} has more than {most} entries.");
            }

            var name = NameOf(property);
            members.Add((name, Object(property.Value, $"{_place}.{Shown(name)}")));
        }

        return members;
    }

    /// <summary>The bytes that a TUF signature covers.</summary>
    internal byte[] Canonical()
    {
        try
        {
            return OlpcJson.Of(_element);
        }
        catch (InvalidOperationException)
        {
            throw new PackageFormatException("not-json", $"{_place} holds text that is not valid.");
        }
    }

    internal PackageFormatException Refuse(string code, string message) => new(code, $"{_place} {message}");

    /// <summary>Text from a hostile file, fit for a message: short, and without control characters.</summary>
    internal static string Shown(string text)
    {
        var printable = string.Concat(text.Take(80).Select(c => c is >= ' ' and <= '~' ? c : '?'));
        return text.Length > 80 ? printable + "…" : printable;
    }

    private JsonElement.ArrayEnumerator Items(string name, int most)
    {
        if (!_element.TryGetProperty(name, out var value))
        {
            throw new PackageFormatException("missing-property", $"{_place} lacks '{name}'.");
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new PackageFormatException("wrong-type", $"{_place}.{name} must be an array.");
        }

        return value.GetArrayLength() <= most
            ? value.EnumerateArray()
            : throw new PackageFormatException("too-many", $"{_place}.{name} has more than {most} entries.");
    }

    private static StrictJson Object(JsonElement element, string place) => element.ValueKind == JsonValueKind.Object
        ? new(element, place)
        : throw new PackageFormatException("wrong-type", $"{place} must be an object.");

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw new PackageFormatException("not-json", $"{_place} has a property name that is not valid text.");
        }
    }

    private static string Decode(JsonElement element, string place)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new PackageFormatException("not-json", $"{place} is not valid text.");
        }
    }
}
