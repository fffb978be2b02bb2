namespace SlmOps.Inference.Tokenization;

/// <summary>One rewriting of text before it is cut into words.</summary>
internal abstract record Normalizer
{
    private Normalizer()
    {
    }

    /// <exception cref="TokenizerException">When the text grows beyond <paramref name="maxLength"/>, or a pattern takes too long.</exception>
    internal abstract string Apply(string text, int maxLength, CancellationToken cancellationToken);

    internal sealed record Compose : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) => CanonicalComposition.Compose(text);
    }

    internal sealed record Prepend(string Prefix) : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) => text.Length == 0 ? text : Prefix + text;
    }

    internal sealed record Replace(SplitPattern Pattern, string Content) : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) => Pattern.Replace(text, Content, maxLength, cancellationToken);
    }

    internal sealed record Lowercase : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) => text.ToLowerInvariant();
    }

    internal sealed record Strip(bool Left, bool Right) : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) => (Left, Right) switch
        {
            (true, true) => text.Trim(),
            (true, false) => text.TrimStart(),
            (false, true) => text.TrimEnd(),
            _ => text,
        };
    }
}
