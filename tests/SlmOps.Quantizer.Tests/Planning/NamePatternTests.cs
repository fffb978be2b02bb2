using SlmOps.Quantizer.Planning;

namespace SlmOps.Quantizer.Tests.Planning;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*lm_head*", "model.lm_head.weight", true)]
    [InlineData("layer.?.w", "layer.3.w", true)]
    [InlineData("layer.?.w", "layer.13.w", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("", "x", false)]
    public void Matches_Pattern_Decides(string pattern, string name, bool expected) =>
        Assert.Equal(expected, NamePattern.Matches(pattern, name));

    [Fact]
    public void Matches_ManyStars_StaysFast() =>
        Assert.False(NamePattern.Matches(string.Concat(Enumerable.Repeat("a*", 40)) + "b", new string('a', 5000)));
}
