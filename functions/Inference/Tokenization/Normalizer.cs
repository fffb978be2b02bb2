using System.Globalization;
using System.Text;

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
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) =>
            CanonicalComposition.Compose(text);
    }

    internal sealed record Decompose : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) =>
            CanonicalComposition.Decompose(text);
    }

    /// <summary>Takes away marks that stand above or below a letter; the text is decomposed before.</summary>
    internal sealed record StripAccents : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) =>
            Bert.Map(text, rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark ? Bert.Change.Drop : Bert.Change.Keep);
    }

    /// <summary>As in BERT: control characters go, and every kind of white space becomes a space.</summary>
    internal sealed record CleanText : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) => Bert.Map(text, Bert.Clean);
    }

    /// <summary>As in BERT: an ideograph is a word of its own.</summary>
    internal sealed record SpaceIdeographs : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) =>
            Bert.Map(text, rune => Bert.IsIdeograph(rune.Value) ? Bert.Change.Surround : Bert.Change.Keep);
    }

    internal sealed record Mapped(CharacterMap Map) : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) =>
            Map.Apply(text, maxLength, cancellationToken);
    }

    internal sealed record Prepend(string Prefix) : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) =>
            text.Length == 0 ? text : Prefix + text;
    }

    internal sealed record Replace(SplitPattern Pattern, string Content) : Normalizer
    {
        internal override string Apply(string text, int maxLength, CancellationToken cancellationToken) =>
            Pattern.Replace(text, Content, maxLength, cancellationToken);
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
