using System.Buffers;
using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>
/// Rewrites a pattern from Oniguruma's syntax, which tokenizer.json uses, to .NET's: possessive quantifiers become
/// atomic groups. What .NET would silently read as something else is refused; what it does not know it refuses itself.
/// </summary>
internal static class OnigurumaPattern
{
    private const int MaxLength = 16_384;
    private static readonly SearchValues<char> Counts = SearchValues.Create("0123456789,");

    /// <exception cref="TokenizerException">When the pattern has no .NET equivalent here.</exception>
    internal static string Translate(string pattern)
    {
        if (pattern.Length > MaxLength)
        {
            throw Refuse(pattern[..64] + "…", $"has {pattern.Length} characters; at most {MaxLength} are read");
        }

        var output = new StringBuilder(pattern.Length + 16);
        var groups = new Stack<int>();
        var atom = 0;
        for (var i = 0; i < pattern.Length;)
        {
            var c = pattern[i];
            if (char.IsSurrogate(c))
            {
                throw Refuse(pattern, "names a character beyond U+FFFF");
            }

            var length = c switch
            {
                '\\' => EscapeLength(pattern, i),
                '[' => ClassLength(pattern, i),
                '(' => GroupHeadLength(pattern, i),
                '*' or '+' or '?' or '{' => QuantifierLength(pattern, i),
                _ => 1,
            };
            switch (c)
            {
                case '(':
                    groups.Push(output.Length);
                    break;
                case ')' when groups.Count > 0:
                    atom = groups.Pop();
                    break;
                case '*' or '+' or '?' or '{' when length > 0:
                    output.Append(pattern, i, length);
                    i += length;
                    if (i < pattern.Length && pattern[i] == '+')
                    {
                        // After {n,m} the plus repeats; after the others it forbids backtracking.
                        output.Insert(atom, c == '{' ? "(?:" : "(?>").Append(c == '{' ? ")+" : ")");
                        i++;
                    }
                    else if (i < pattern.Length && pattern[i] == '?')
                    {
                        output.Append('?');
                        i++;
                    }

                    continue;
                default:
                    atom = output.Length;
                    break;
            }

            length = Math.Max(length, 1);
            output.Append(pattern, i, length);
            i += length;
        }

        return output.ToString();
    }

    internal static TokenizerException Refuse(string pattern, string why, Exception? inner = null) => new(
        "unsupported-pattern",
        $"The tokenizer's pattern '{pattern}' {why}. Replace the Split step by an equivalent one without that.",
        inner);

    private static int EscapeLength(string pattern, int start)
    {
        if (start + 1 >= pattern.Length)
        {
            throw Refuse(pattern, "ends in a backslash");
        }

        var kind = pattern[start + 1];
        var next = start + 2 < pattern.Length ? pattern[start + 2] : '\0';
        if (
            kind is 'h' or 'H' or 'R' or 'X' or 'K' or 'G' or 'O' or 'N' or 'y' or 'Y'
            || (kind is 'x' or 'p' or 'P' && next == '{' && pattern.AsSpan(start + 3).StartsWith("^")))
        {
            throw Refuse(pattern, $"uses '\\{kind}', which is not supported");
        }

        var length = kind switch
        {
            'p' or 'P' or 'x' when next == '{' => pattern.IndexOf('}', start) - start + 1,
            'u' => 6,
            'x' => 4,
            _ => 2,
        };
        return length > 0 && start + length <= pattern.Length ? length : throw Refuse(pattern, $"has an incomplete '\\{kind}'");
    }

    /// <summary>A bracket class; nested classes, POSIX brackets and intersections mean something else to .NET.</summary>
    private static int ClassLength(string pattern, int start)
    {
        var i = start + 1;
        i += i < pattern.Length && pattern[i] == '^' ? 1 : 0;
        for (var first = true; i < pattern.Length; first = false)
        {
            switch (pattern[i])
            {
                case ']' when !first:
                    return i + 1 - start;
                case '[':
                    throw Refuse(pattern, "has a class within a class");
                case '&' when i + 1 < pattern.Length && pattern[i + 1] == '&':
                    throw Refuse(pattern, "has an intersection of classes");
                case '\\':
                    i += EscapeLength(pattern, i);
                    break;
                case var c when char.IsSurrogate(c):
                    throw Refuse(pattern, "names a character beyond U+FFFF");
                default:
                    i++;
                    break;
            }
        }

        throw Refuse(pattern, "has a class without an end");
    }

    /// <summary>The opening of a group, up to where its content starts.</summary>
    private static int GroupHeadLength(string pattern, int start)
    {
        if (start + 1 >= pattern.Length || pattern[start + 1] != '?')
        {
            return 1;
        }

        var end = pattern.AsSpan(start).IndexOfAny(":=!>)");
        var head = end < 0 ? "" : pattern.Substring(start, end + 1);
        if (
            head is "(?:" or "(?=" or "(?!" or "(?>" or "(?<=" or "(?<!" or "(?i:" or "(?-i:"
            || (head.StartsWith("(?<", StringComparison.Ordinal) && head.EndsWith('>')))
        {
            return head.Length;
        }

        // "(?i)" closes itself: the caller sees the parenthesis next.
        return head == "(?i)" ? 3 : throw Refuse(pattern, $"has a group '{head}' that is not supported");
    }

    /// <summary>Length of a quantifier, or 0 for a brace that is an ordinary character.</summary>
    private static int QuantifierLength(string pattern, int start)
    {
        if (pattern[start] != '{')
        {
            return 1;
        }

        var end = pattern.IndexOf('}', start);
        return end > start + 1 && !pattern.AsSpan(start + 1, end - start - 1).ContainsAnyExcept(Counts) ? end - start + 1 : 0;
    }
}
