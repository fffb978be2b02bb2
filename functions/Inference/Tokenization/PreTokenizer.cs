namespace SlmOps.Inference.Tokenization;

/// <summary>One cutting of text into words, which the model then encodes one by one.</summary>
internal abstract record PreTokenizer
{
    private PreTokenizer()
    {
    }

    /// <param name="word">A piece that the step before left.</param>
    /// <param name="first">True for the piece that starts the whole text.</param>
    /// <param name="cancellationToken">Checked between matches.</param>
    internal abstract IEnumerable<string> Apply(string word, bool first, CancellationToken cancellationToken);

    /// <summary>Runs steps one after another over a stretch of text.</summary>
    internal static IEnumerable<string> Run(IReadOnlyList<PreTokenizer> steps, string text, bool first, CancellationToken cancellationToken)
    {
        IEnumerable<(string Word, bool First)> words = [(text, first)];
        foreach (var step in steps)
        {
            words = words.SelectMany(word =>
                step.Apply(word.Word, word.First, cancellationToken).Select((piece, i) => (piece, word.First && i == 0)));
        }

        return words.Select(word => word.Word).Where(word => word.Length > 0);
    }

    internal sealed record ByteLevel(bool AddPrefixSpace, bool UseRegex) : PreTokenizer
    {
        internal override IEnumerable<string> Apply(string word, bool first, CancellationToken cancellationToken)
        {
            var text = AddPrefixSpace && !word.StartsWith(' ') ? " " + word : word;
            return UseRegex
                ? SplitPattern.Gpt2.Split(text, SplitBehavior.Isolated, invert: false, cancellationToken).Select(ByteAlphabet.FromText)
                : [ByteAlphabet.FromText(text)];
        }
    }

    internal sealed record Split(SplitPattern Pattern, SplitBehavior Behavior, bool Invert) : PreTokenizer
    {
        internal override IEnumerable<string> Apply(string word, bool first, CancellationToken cancellationToken) =>
            Pattern.Split(word, Behavior, Invert, cancellationToken);
    }

    internal sealed record Metaspace(string Replacement, PrependScheme Scheme, bool Cut) : PreTokenizer
    {
        private readonly SplitPattern _mark = SplitPattern.Literal(Replacement);

        internal override IEnumerable<string> Apply(string word, bool first, CancellationToken cancellationToken)
        {
            var text = word.Replace(" ", Replacement, StringComparison.Ordinal);
            if (
                (Scheme == PrependScheme.Always || (Scheme == PrependScheme.First && first))
                && !text.StartsWith(Replacement, StringComparison.Ordinal))
            {
                text = Replacement + text;
            }

            return Cut ? _mark.Split(text, SplitBehavior.MergedWithNext, invert: false, cancellationToken) : [text];
        }
    }
}

/// <summary>Where Metaspace puts its mark when the text has no space there.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}
