using System.Globalization;
using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>One step from tokens back to text.</summary>
internal abstract record TokenDecoder
{
    private TokenDecoder()
    {
    }

    internal abstract IReadOnlyList<string> Apply(IReadOnlyList<string> tokens);

    internal sealed record ByteLevel : TokenDecoder
    {
        internal override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens)
        {
            var bytes = new List<byte>();
            foreach (var token in tokens)
            {
                ByteAlphabet.AppendBytes(token, bytes);
            }

            return [Encoding.UTF8.GetString([.. bytes])];
        }
    }

    internal sealed record Metaspace(string Replacement, PrependScheme Scheme) : TokenDecoder
    {
        internal override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens) =>
            [.. tokens.Select((token, i) =>
            {
                var text = token.Replace(Replacement, " ", StringComparison.Ordinal);
                return i == 0 && Scheme != PrependScheme.Never && text.StartsWith(' ') ? text[1..] : text;
            })];
    }

    internal sealed record Replace(SplitPattern Pattern, string Content) : TokenDecoder
    {
        internal override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens) =>
            [.. tokens.Select(token => Pattern.Replace(token, Content, int.MaxValue, CancellationToken.None))];
    }

    /// <summary>Continued pieces are put to the word before, other words apart; with clean-up, punctuation loses the space before it.</summary>
    internal sealed record WordPiece(string Prefix, bool CleanUp) : TokenDecoder
    {
        private static readonly (string From, string To)[] Spaces =
        [
            (" .", "."),
            (" ?", "?"),
            (" !", "!"),
            (" ,", ","),
            (" ' ", "'"),
            (" n't", "n't"),
            (" 'm", "'m"),
            (" 's", "'s"),
            (" 've", "'ve"),
            (" 're", "'re"),
        ];

        internal override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens) =>
            [.. tokens.Select((token, i) => Clean(
                i == 0 ? token : token.StartsWith(Prefix, StringComparison.Ordinal) ? token[Prefix.Length..] : " " + token))];

        private string Clean(string piece) => CleanUp
            ? Spaces.Aggregate(piece, (text, space) => text.Replace(space.From, space.To, StringComparison.Ordinal))
            : piece;
    }

    internal sealed record Fuse : TokenDecoder
    {
        internal override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens) => [string.Concat(tokens)];
    }

    internal sealed record Strip(char Content, int Start, int Stop) : TokenDecoder
    {
        internal override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens) => [.. tokens.Select(Trim)];

        private string Trim(string token)
        {
            var (start, end) = (0, token.Length);
            while (start < Start && start < end && token[start] == Content)
            {
                start++;
            }

            while (token.Length - end < Stop && end > start && token[end - 1] == Content)
            {
                end--;
            }

            return token[start..end];
        }
    }

    /// <summary>Runs of <c>&lt;0xNN&gt;</c> become the UTF-8 they spell, or one U+FFFD a byte where they spell none.</summary>
    internal sealed record ByteFallback : TokenDecoder
    {
        private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

        internal override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens)
        {
            var result = new List<string>();
            var bytes = new List<byte>();
            foreach (var token in tokens)
            {
                if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                    && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                {
                    bytes.Add(value);
                    continue;
                }

                Flush();
                result.Add(token);
            }

            Flush();
            return result;

            void Flush()
            {
                if (bytes.Count == 0)
                {
                    return;
                }

                try
                {
                    result.Add(Strict.GetString([.. bytes]));
                }
                catch (DecoderFallbackException)
                {
                    result.Add(new string('\uFFFD', bytes.Count));
                }

                bytes.Clear();
            }
        }
    }
}
