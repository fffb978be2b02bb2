using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests.Tokenization;

public sealed class SplitPatternTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The worked example of the behaviours in the documentation of Hugging Face tokenizers: split "the-final--countdown" at "-".
    [Theory]
    [InlineData(nameof(SplitBehavior.Removed), "the|final|countdown")]
    [InlineData(nameof(SplitBehavior.Isolated), "the|-|final|-|-|countdown")]
    [InlineData(nameof(SplitBehavior.MergedWithPrevious), "the-|final-|-|countdown")]
    [InlineData(nameof(SplitBehavior.MergedWithNext), "the|-final|-|-countdown")]
    [InlineData(nameof(SplitBehavior.Contiguous), "the|-|final|--|countdown")]
    public void Split_EachBehavior_IsTheDocumentedOne(string behavior, string expected)
    {
        var kind = Enum.Parse<SplitBehavior>(behavior);
        Assert.Equal(expected, Split(SplitPattern.Literal("-"), "the-final--countdown", kind));
        Assert.Equal(expected, Split(SplitPattern.Expression("-", Timeout), "the-final--countdown", kind));
    }

    [Fact]
    public void Split_Inverted_KeepsTheMatches() =>
        Assert.Equal(
            "ab|cd",
            string.Join('|', SplitPattern.Expression("[a-z]+", Timeout).Split("1ab2cd3", SplitBehavior.Removed, invert: true, Token)));

    [Theory]
    [InlineData(@"a++b", "aab", "aab")]
    [InlineData(@"a++ab", "aab", "")]
    [InlineData(@"(?:ab)?+ab", "ab", "")]
    [InlineData(@"[ab]*+b", "ab", "")]
    [InlineData(@"a{1,2}+b", "aaaab", "aaaab")]
    [InlineData(@"\p{L}++|\p{N}{1,3}", "abc1234", "abc|123|4")]
    [InlineData(@"(?i:'s|'t)", "'S", "'S")]
    [InlineData(@"x{y", "x{y", "x{y")]
    public void Expression_OnigurumaSyntax_MatchesTheSame(string pattern, string text, string expected) =>
        Assert.Equal(
            expected,
            string.Join('|', SplitPattern.Expression(pattern, Timeout).Split(text, SplitBehavior.Removed, invert: true, Token)));

    [Theory]
    [InlineData("[a[b]]", "class within a class")]
    [InlineData("[[:alpha:]]", "class within a class")]
    [InlineData("[a-z&&[^m]]", "intersection")]
    [InlineData(@"\h+", @"'\h'")]
    [InlineData(@"\p{^L}", @"'\p'")]
    [InlineData("[abc", "without an end")]
    [InlineData("(abc", "cannot be read")]
    [InlineData(@"\p{Han}", "cannot be read")]
    [InlineData(@"\p{L", "incomplete")]
    [InlineData("(?m:a)", "group '(?m:'")]
    [InlineData("abc\\", "backslash")]
    [InlineData("[😀]", "beyond U+FFFF")]
    public void Expression_WhatDotNetWouldMisread_IsRefused(string pattern, string why)
    {
        var refusal = Assert.Throws<TokenizerException>(() => SplitPattern.Expression(pattern, Timeout));
        Assert.Equal("unsupported-pattern", refusal.Code);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Split_ExplosivePatternWithoutLookaround_RunsInLinearTime() =>
        Assert.Single(SplitPattern.Expression("(a+)+$", Timeout).Split(new string('a', 40) + "!", SplitBehavior.Isolated, false, Token));

    [Fact]
    public void Split_ExplosivePatternWithLookaround_IsStopped()
    {
        var pattern = SplitPattern.Expression("(?=x|a)(a+)+$", TimeSpan.FromMilliseconds(50));
        var failure = Assert.Throws<TokenizerException>(() =>
            pattern.Split(new string('a', 40) + "!", SplitBehavior.Isolated, false, Token).ToList());
        Assert.Equal("pattern-timeout", failure.Code);
    }

    [Fact]
    public void Split_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
            SplitPattern.Literal("a").Split("banana", SplitBehavior.Isolated, false, cancelled.Token).ToList());
    }

    [Theory]
    [InlineData(@"\p{L}+", "x𝒜y 𠀀", "x𝒜y|𠀀")]
    [InlineData(@"\p{Lu}", "𝒜𝒷𝒞", "𝒜|𝒞")]
    [InlineData(@"\p{N}", "1𝟙Ⅷ", "1|𝟙|Ⅷ")]
    [InlineData(@"[^\s\p{L}\p{N}]+", "a😀👍b", "😀👍")]
    [InlineData("[a-zA-Z]+", "a𝒜b", "a|b")]
    [InlineData(".", "😀x", "😀|x")]
    public void Expression_CharactersBeyondTheFirstPlane_CountAsOneOfTheirCategory(string pattern, string text, string expected) =>
        Assert.Equal(
            expected,
            string.Join('|', SplitPattern.Expression(pattern, Timeout).Split(text, SplitBehavior.Removed, invert: true, Token)));

    private static string Split(SplitPattern pattern, string text, SplitBehavior behavior) =>
        string.Join('|', pattern.Split(text, behavior, invert: false, Token));
}
