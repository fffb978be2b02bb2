using System.Globalization;

namespace SlmOps.Inference.Tokenization;

/// <summary>
/// .NET's regular expressions see a character beyond U+FFFF as two surrogates, neither letter nor digit nor symbol. This
/// puts one character of the same general category in its place, from scripts that patterns do not name, and remembers
/// where each one came from.
/// </summary>
internal sealed class CategoryProxy
{
    private static readonly char[] StandIns = FindStandIns();
    private readonly int[]? _origins;

    private CategoryProxy(string text, int[]? origins)
    {
        Text = text;
        _origins = origins;
    }

    /// <summary>What to match against.</summary>
    internal string Text { get; }

    /// <summary>Where in the original the character at an index of <see cref="Text"/> starts.</summary>
    internal int Origin(int index) => _origins is null ? index : _origins[index];

    internal static CategoryProxy Of(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return new(text, null);
        }

        var proxy = new char[text.Length];
        var origins = new int[text.Length + 1];
        var count = 0;
        for (var i = 0; i < text.Length; count++)
        {
            origins[count] = i;
            var pair = char.IsSurrogatePair(text, i) ? 2 : 1;
            proxy[count] = pair == 2 ? StandIns[(int)CharUnicodeInfo.GetUnicodeCategory(text, i)] : text[i];
            i += pair;
        }

        origins[count] = text.Length;
        return new(new string(proxy, 0, count), origins);
    }

    private static char[] FindStandIns()
    {
        var standIns = new char[(int)UnicodeCategory.OtherNotAssigned + 1];
        for (var c = '\uFFEF'; c > '\u0100'; c--)
        {
            var category = (int)CharUnicodeInfo.GetUnicodeCategory(c);
            // Rare scripts between Yi and Hangul first; then whatever has the category.
            if (standIns[category] == 0 || (c is > '\uA4CF' and < '\uAC00' && standIns[category] is < '\uA4CF' or > '\uAC00'))
            {
                standIns[category] = c;
            }
        }

        return standIns;
    }
}
