using System.Diagnostics.CodeAnalysis;

namespace SlmOps.Contracts;

/// <summary>
/// Relative paths inside a model or package folder: <c>/</c>-separated, at most 512 characters and 8 levels, each
/// segment of printable ASCII without <c>\ : * ? " &lt; &gt; |</c>, never <c>.</c> or <c>..</c>, never ending in a dot or space.
/// </summary>
public static class SafePath
{
    private const int MaxLength = 512;
    private const int MaxLevels = 8;

    /// <summary>The rule in words, for error messages.</summary>
    public const string Rule =
        "relative, '/'-separated, at most 512 characters and 8 levels, no '.', '..', control or reserved characters";

    /// <summary>True when the text is a safe relative path.</summary>
    public static bool IsValid([NotNullWhen(true)] string? path)
    {
        if (path is not { Length: > 0 and <= MaxLength })
        {
            return false;
        }

        var segments = path.Split('/');
        return segments.Length <= MaxLevels && segments.All(IsSegment);
    }

    private static bool IsSegment(string segment) =>
        segment.Length > 0
        && segment is not ("." or "..")
        && segment[^1] is not ('.' or ' ')
        && segment[0] != ' '
        && segment.All(c => c is >= ' ' and <= '~' && !"\\:*?\"<>|".Contains(c, StringComparison.Ordinal));
}
