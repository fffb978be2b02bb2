using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace SlmOps.Contracts;

/// <summary>
/// The names that may become a path segment, a table key or an MQTT topic level: 1 to 64 characters of
/// <c>a-z 0-9 . _ -</c>, starting and ending with a letter or digit, without two dots in a row.
/// </summary>
public static class SafeName
{
    /// <summary>Most characters of a name.</summary>
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The rule in words, for error messages.</summary>
    public const string Rule =
        "1 to 64 of a-z, 0-9, '.', '_', '-', starting and ending with a letter or digit, without '..'";

    /// <summary>True when the text is a safe name.</summary>
    public static bool IsValid([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength }
        && !text.AsSpan().ContainsAnyExcept(Allowed)
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && !text.Contains("..", StringComparison.Ordinal);
}
