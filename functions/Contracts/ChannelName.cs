using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>Name of a channel, which devices follow: a <see cref="SafeName"/>.</summary>
[JsonConverter(typeof(NameJson<ChannelName>))]
[SuppressMessage("Design", "CA1036", Justification = "Names are sorted for people; none is less than another.")]
public readonly record struct ChannelName : IName<ChannelName>
{
    private readonly string? _text;

    private ChannelName(string text) => _text = text;

    /// <inheritdoc/>
    public bool IsEmpty => _text is null;

    static string IName<ChannelName>.What => "channel name";

    /// <summary>Takes a text that is a <see cref="SafeName"/>.</summary>
    /// <exception cref="FormatException">When it is anything else.</exception>
    public static ChannelName Parse(string text) => NameText.Parse<ChannelName>(text);

    /// <summary>The channel that is called like a model: where its releases go unless somebody says another.</summary>
    public static ChannelName Of(ModelName model) => model.IsEmpty ? default : new(model);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? text, out ChannelName name)
    {
        name = SafeName.IsValid(text) ? new(text) : default;
        return !name.IsEmpty;
    }

    /// <summary>Order of the characters' codes, whatever the culture.</summary>
    public int CompareTo(ChannelName other) => string.CompareOrdinal(_text, other._text);

    /// <summary>The name, or an empty string for <c>default</c>.</summary>
    public override string ToString() => _text ?? "";

    /// <summary>The name as text.</summary>
    public static implicit operator string(ChannelName name) => name.ToString();

    /// <summary>For names that the code itself knows; text from outside goes through <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">When the text is not a name.</exception>
    public static implicit operator ChannelName(string text) => Parse(text);

    /// <summary>Compares with any text, where the conversion would refuse one that is not a name.</summary>
    public static bool operator ==(ChannelName left, string? right) => left._text == right;

    /// <summary>Compares with any text, where the conversion would refuse one that is not a name.</summary>
    public static bool operator !=(ChannelName left, string? right) => left._text != right;
}
