using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>
/// Name of a model, or of an adaptation, which is uploaded as models are and shares their names: a <see cref="SafeName"/>.
/// </summary>
[JsonConverter(typeof(NameJson<ModelName>))]
[SuppressMessage("Design", "CA1036", Justification = "Names are sorted for people; none is less than another.")]
public readonly record struct ModelName : IName<ModelName>
{
    private readonly string? _text;

    private ModelName(string text) => _text = text;

    /// <inheritdoc/>
    public bool IsEmpty => _text is null;

    static string IName<ModelName>.What => "model name";

    /// <summary>Takes a text that is a <see cref="SafeName"/>.</summary>
    /// <exception cref="FormatException">When it is anything else.</exception>
    public static ModelName Parse(string text) => NameText.Parse<ModelName>(text);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelName name)
    {
        name = SafeName.IsValid(text) ? new(text) : default;
        return !name.IsEmpty;
    }

    /// <summary>Order of the characters' codes, whatever the culture.</summary>
    public int CompareTo(ModelName other) => string.CompareOrdinal(_text, other._text);

    /// <summary>The name, or an empty string for <c>default</c>.</summary>
    public override string ToString() => _text ?? "";

    /// <summary>The name as text.</summary>
    public static implicit operator string(ModelName name) => name.ToString();

    /// <summary>For names that the code itself knows; text from outside goes through <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">When the text is not a name.</exception>
    public static implicit operator ModelName(string text) => Parse(text);

    /// <summary>Compares with any text, where the conversion would refuse one that is not a name.</summary>
    public static bool operator ==(ModelName left, string? right) => left._text == right;

    /// <summary>Compares with any text, where the conversion would refuse one that is not a name.</summary>
    public static bool operator !=(ModelName left, string? right) => left._text != right;
}
