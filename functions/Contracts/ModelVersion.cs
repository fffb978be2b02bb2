using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>
/// Version of a model or of an adaptation: a <see cref="SafeName"/>. It names an upload and says nothing of older and newer:
/// the order of two is that of their characters. Not named <c>Version</c>, which would clash with <see cref="Version"/> of the
/// framework.
/// </summary>
[JsonConverter(typeof(NameJson<ModelVersion>))]
[SuppressMessage("Design", "CA1036", Justification = "Names are sorted for people; none is less than another.")]
public readonly record struct ModelVersion : IName<ModelVersion>
{
    private readonly string? _text;

    private ModelVersion(string text) => _text = text;

    /// <inheritdoc/>
    public bool IsEmpty => _text is null;

    static string IName<ModelVersion>.What => "version";

    /// <summary>Takes a text that is a <see cref="SafeName"/>.</summary>
    /// <exception cref="FormatException">When it is anything else.</exception>
    public static ModelVersion Parse(string text) => NameText.Parse<ModelVersion>(text);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelVersion name)
    {
        name = SafeName.IsValid(text) ? new(text) : default;
        return !name.IsEmpty;
    }

    /// <summary>Order of the characters' codes, whatever the culture.</summary>
    public int CompareTo(ModelVersion other) => string.CompareOrdinal(_text, other._text);

    /// <summary>The name, or an empty string for <c>default</c>.</summary>
    public override string ToString() => _text ?? "";

    /// <summary>The name as text.</summary>
    public static implicit operator string(ModelVersion name) => name.ToString();

    /// <summary>For names that the code itself knows; text from outside goes through <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">When the text is not a name.</exception>
    public static implicit operator ModelVersion(string text) => Parse(text);

    /// <summary>Compares with any text, where the conversion would refuse one that is not a name.</summary>
    public static bool operator ==(ModelVersion left, string? right) => left._text == right;

    /// <summary>Compares with any text, where the conversion would refuse one that is not a name.</summary>
    public static bool operator !=(ModelVersion left, string? right) => left._text != right;
}
