using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>
/// Unicode normalization form C (UAX #15). The runtime leaves text as it is when it runs without ICU, as the agent and
/// its small containers do, so the tables come along.
/// </summary>
internal static class CanonicalComposition
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28, HangulCount = LeadCount * VowelCount * TrailCount;

    /// <summary>Below this no character decomposes into, or composes with, another one unless it is above.</summary>
    private const char FirstMark = '\u0300';
    private const char FirstLetterWithMark = '\u00C0';

    /// <summary>Normalization form D.</summary>
    internal static string Decompose(string text)
    {
        // Nothing below the letters with marks decomposes.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstLetterWithMark - 1)))
        {
            return text;
        }

        var runes = new List<int>(text.Length);
        foreach (var rune in CodePoints(text))
        {
            Decompose(rune, runes);
        }

        Order(runes);
        return Text(runes);
    }

    internal static string Compose(string text)
    {
        // Everything below the first combining mark is composed already.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstMark - 1)))
        {
            return text;
        }

        var runes = new List<int>(text.Length);
        foreach (var rune in CodePoints(text))
        {
            Decompose(rune, runes);
        }

        Order(runes);
        return Text(Pair(runes));
    }

    /// <summary>Code points; a lone surrogate stays one.</summary>
    private static IEnumerable<int> CodePoints(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            yield return char.IsSurrogatePair(text, i) ? char.ConvertToUtf32(text[i], text[++i]) : text[i];
        }
    }

    private static void Decompose(int rune, List<int> target)
    {
        if (rune is >= HangulBase and < HangulBase + HangulCount)
        {
            var index = rune - HangulBase;
            target.Add(LeadBase + (index / (VowelCount * TrailCount)));
            target.Add(VowelBase + (index / TrailCount % VowelCount));
            if (index % TrailCount > 0)
            {
                target.Add(TrailBase + (index % TrailCount));
            }
        }
        else if (CanonicalData.Decompositions.TryGetValue(rune, out var parts))
        {
            target.AddRange(parts);
        }
        else
        {
            target.Add(rune);
        }
    }

    /// <summary>Sorts each run of marks by class, keeping the order of equals.</summary>
    private static void Order(List<int> runes)
    {
        for (var start = 0; start < runes.Count; start++)
        {
            if (Class(runes[start]) == 0)
            {
                continue;
            }

            var end = start;
            while (end < runes.Count && Class(runes[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                var sorted = runes.GetRange(start, end - start).OrderBy(Class).ToList();
                for (var i = 0; i < sorted.Count; i++)
                {
                    runes[start + i] = sorted[i];
                }
            }

            start = end;
        }
    }

    /// <summary>Joins each mark with the starter before it, unless one of the same or a lower class stands between.</summary>
    private static List<int> Pair(List<int> runes)
    {
        var result = new List<int>(runes.Count);
        var starter = -1;
        var lastClass = 0;
        foreach (var rune in runes)
        {
            var current = Class(rune);
            var adjacent = starter == result.Count - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < current)) && Composite(result[starter], rune) is { } composite)
            {
                result[starter] = composite;
                continue;
            }

            if (current == 0)
            {
                starter = result.Count;
            }

            lastClass = current;
            result.Add(rune);
        }

        return result;
    }

    private static int? Composite(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + LeadCount && second is >= VowelBase and < VowelBase + VowelCount)
        {
            return HangulBase + ((((first - LeadBase) * VowelCount) + (second - VowelBase)) * TrailCount);
        }

        if (first is >= HangulBase and < HangulBase + HangulCount && (first - HangulBase) % TrailCount == 0
            && second is > TrailBase and < TrailBase + TrailCount)
        {
            return first + (second - TrailBase);
        }

        return CanonicalData.Compositions.TryGetValue((first, second), out var composite) ? composite : null;
    }

    private static int Class(int rune) => rune < FirstMark ? 0 : CanonicalData.Classes.GetValueOrDefault(rune);

    private static string Text(List<int> runes)
    {
        var text = new StringBuilder(runes.Count);
        foreach (var rune in runes)
        {
            if (rune > char.MaxValue)
            {
                text.Append(char.ConvertFromUtf32(rune));
            }
            else
            {
                text.Append((char)rune);
            }
        }

        return text.ToString();
    }
}
