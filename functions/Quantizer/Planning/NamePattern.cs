namespace SlmOps.Quantizer.Planning;

internal static class NamePattern
{
    /// <summary>Matches `*` and `?` in time proportional to the product of both lengths, whatever the pattern.</summary>
    internal static bool Matches(string pattern, string name)
    {
        var (p, n, star, from) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*')
            {
                p++;
                n++;
            }
            else if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                from = n;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++from;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    internal static bool MatchesAny(IReadOnlyList<string> patterns, string first, string second) =>
        patterns.Any(p => Matches(p, first) || Matches(p, second));
}
