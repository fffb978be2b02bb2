namespace SlmOps.Contracts.Tests;

public sealed class SafePathTests
{
    [Theory]
    [InlineData("model.onnx")]
    [InlineData("onnx/model.onnx.data")]
    [InlineData("1/2/3/4/5/6/7/8")]
    [InlineData(".gitattributes")]
    [InlineData("...x")]
    [InlineData("Read Me (old) [1] + #2.txt")]
    [InlineData("UPPER/lower")]
    public void IsValid_PlainPaths_AreTaken(string path) => Assert.True(SafePath.IsValid(path));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("./a")]
    [InlineData("a/./b")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("a/..")]
    [InlineData("a/... ")]
    [InlineData("a/b.")]
    [InlineData("a/b ")]
    [InlineData(" a")]
    [InlineData("a/ b")]
    [InlineData("..\\a")]
    [InlineData("a\\b")]
    [InlineData("C:/a")]
    [InlineData("C:a")]
    [InlineData("file.txt:stream")]
    [InlineData("a*")]
    [InlineData("a?")]
    [InlineData("a\"b")]
    [InlineData("<a>")]
    [InlineData("a|b")]
    [InlineData("a\0b")]
    [InlineData("a\tb")]
    [InlineData("a\nb")]
    [InlineData("a\u007f")]
    [InlineData("naïve")]
    [InlineData("a\u2215b")]
    [InlineData("1/2/3/4/5/6/7/8/9")]
    public void IsValid_HostilePaths_AreRefused(string? path) => Assert.False(SafePath.IsValid(path));

    [Theory]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public void IsValid_Length_IsBounded(int length, bool valid) =>
        Assert.Equal(valid, SafePath.IsValid(new string('a', length)));
}
