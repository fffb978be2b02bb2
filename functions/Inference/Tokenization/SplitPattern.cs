using System.Text;
using System.Text.RegularExpressions;

namespace SlmOps.Inference.Tokenization;

/// <summary>What becomes of the matches of a split.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>
/// A literal or a regular expression that cuts text. Expressions run without backtracking where .NET can, so in time
/// linear in the text; the others, such as those that look ahead, run under a time limit.
/// </summary>
internal sealed partial class SplitPattern
{
    private readonly string? _literal;
    private readonly Regex? _regex;

    private SplitPattern(string? literal, Regex? regex) => (_literal, _regex) = (literal, regex);

    /// <summary>The pattern of GPT-2 that the ByteLevel step uses by itself.</summary>
    internal static SplitPattern Gpt2 { get; } = new(null, Gpt2Words());

    internal static SplitPattern Literal(string text) => new(text, null);

    /// <exception cref="TokenizerException">When the pattern is not one that .NET can run.</exception>
    internal static SplitPattern Expression(string pattern, TimeSpan timeout)
    {
        const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.Multiline;
        var translated = OnigurumaPattern.Translate(pattern);
        try
        {
            return new(null, new Regex(translated, Options | RegexOptions.NonBacktracking, timeout));
        }
        catch (NotSupportedException)
        {
            return new(null, new Regex(translated, Options, timeout));
        }
        catch (ArgumentException exception)
        {
            throw OnigurumaPattern.Refuse(pattern, $"cannot be read ({exception.Message})", exception);
        }
    }

    /// <exception cref="TokenizerException">When the result would have more than <paramref name="maxLength"/> characters.</exception>
    internal string Replace(string text, string replacement, int maxLength, CancellationToken cancellationToken)
    {
        var result = new StringBuilder(text.Length);
        foreach (var (start, length, match) in Cut(text, cancellationToken))
        {
            result.Append(match ? replacement : text.AsSpan(start, length));
            if (result.Length > maxLength)
            {
                throw new TokenizerException(
                    "text-too-long",
                    $"Normalizing makes the text longer than {maxLength} characters. Encode it in parts.");
            }
        }

        return result.ToString();
    }

    internal IEnumerable<string> Split(string text, SplitBehavior behavior, bool invert, CancellationToken cancellationToken)
    {
        var pieces = new List<(int Start, int Length)>();
        var previousMatched = false;
        var joinNext = false;
        foreach (var (start, length, matches) in Cut(text, cancellationToken))
        {
            var match = matches != invert;
            var join = pieces.Count > 0 && behavior switch
            {
                SplitBehavior.MergedWithPrevious => match && !previousMatched,
                SplitBehavior.MergedWithNext => joinNext && !match,
                SplitBehavior.Contiguous => match == previousMatched,
                _ => false,
            };
            if (join)
            {
                pieces[^1] = (pieces[^1].Start, pieces[^1].Length + length);
            }
            else if (behavior != SplitBehavior.Removed || !match)
            {
                pieces.Add((start, length));
            }

            previousMatched = match;
            joinNext = match;
        }

        return pieces.Select(piece => text.Substring(piece.Start, piece.Length));
    }

    /// <summary>The text from start to end, matches and what lies between them; empty stretches are left out.</summary>
    private IEnumerable<(int Start, int Length, bool Match)> Cut(string text, CancellationToken cancellationToken)
    {
        var done = 0;
        foreach (var (start, end) in _literal is null ? Matches(text) : Occurrences(text))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (start > done)
            {
                yield return (done, start - done, false);
            }

            if (end > start)
            {
                yield return (start, end - start, true);
            }

            done = end;
        }

        if (done < text.Length)
        {
            yield return (done, text.Length - done, false);
        }
    }

    private IEnumerable<(int Start, int End)> Occurrences(string text)
    {
        for (var at = 0; _literal!.Length > 0 && (at = text.IndexOf(_literal, at, StringComparison.Ordinal)) >= 0; at += _literal.Length)
        {
            yield return (at, at + _literal.Length);
        }
    }

    private IEnumerable<(int Start, int End)> Matches(string text)
    {
        var proxy = CategoryProxy.Of(text);
        var match = Guarded(() => _regex!.Match(proxy.Text));
        while (match.Success)
        {
            yield return (proxy.Origin(match.Index), proxy.Origin(match.Index + match.Length));
            match = Guarded(match.NextMatch);
        }
    }

    private Match Guarded(Func<Match> run)
    {
        try
        {
            return run();
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new TokenizerException(
                "pattern-timeout",
                $"The tokenizer's pattern '{_regex}' took more than {_regex!.MatchTimeout.TotalSeconds:0.#} s for one match. Replace it "
                    + "by one that does not backtrack so much.",
                exception);
        }
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2Words();
}
