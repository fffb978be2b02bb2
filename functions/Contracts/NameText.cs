namespace SlmOps.Contracts;

/// <summary>Names from text, for all kinds of names at once.</summary>
internal static class NameText
{
    // A fault shows so much of what is wrong: whoever sent it decided how long it is and what is in it.
    private const int MostShown = SafeName.MaxLength;

    /// <exception cref="FormatException">When the text is not a name.</exception>
    internal static T Parse<T>(string? text)
        where T : struct, IName<T> => T.TryParse(text, out var name) ? name : throw new FormatException(Fault<T>(text));

    internal static string Fault<T>(string? text)
        where T : struct, IName<T> => $"'{Shown(text ?? "")}' is not a {T.What}: {SafeName.Rule}.";

    private static string Shown(string text) =>
        new string([.. text.Take(MostShown).Select(c => c is >= ' ' and <= '~' ? c : '?')]) + (text.Length > MostShown ? "…" : "");
}
