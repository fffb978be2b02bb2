using SlmOps.Contracts;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Manifests;

/// <summary>
/// Text that every JSON writer gives the same bytes for: printable ASCII without <c>&lt; &gt; &amp;</c>, which Go's
/// writer escapes and ours does not.
/// </summary>
internal static class PackageText
{
    internal static bool IsPortable(string text) =>
        text.Length <= Limits.TextLength && text.All(c => c is >= ' ' and <= '~' and not ('<' or '>' or '&' or '"' or '\\'));

    internal static string Require(string text, string what) => IsPortable(text)
        ? text
        : throw new ArgumentException(
            $"The {what} '{StrictJson.Shown(text)}' may hold at most {Limits.TextLength} printable ASCII characters without < > & \" \\.");

    internal static void Require<T>(T name)
        where T : struct, IName<T>
    {
        if (name.IsEmpty)
        {
            throw new ArgumentException($"A package needs a {T.What}.");
        }
    }

    internal static string RequireName(string text, string what) => SafeName.IsValid(text)
        ? text
        : throw new ArgumentException($"The {what} '{StrictJson.Shown(text)}' is not a safe name: {SafeName.Rule}.");
}
