using SlmOps.Cli.Push;

namespace SlmOps.Cli.Tests.Push;

public sealed class BlockIdTests
{
    [Fact]
    public void Of_OtherPlaceOrContent_IsAnotherName()
    {
        string[] names = [BlockId.Of(0, "a"u8), BlockId.Of(8, "a"u8), BlockId.Of(0, "b"u8), BlockId.Of(0, "a"u8)];

        Assert.Equal(3, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(names[0], names[3]);
        Assert.Single(names.Select(name => name.Length).Distinct());
    }

    [Theory]
    [InlineData(BlockId.LeastBytes)]
    [InlineData(40)]
    [InlineData(48)]
    [InlineData(64)]
    public void Of_LengthGiven_IsKeptAndStillTellsContentsApart(int bytes)
    {
        var (one, other) = (BlockId.Of(1L << 40, "a"u8, bytes), BlockId.Of(1L << 40, "b"u8, bytes));

        Assert.Equal((bytes, bytes), (BlockId.LengthOf(one), BlockId.LengthOf(other)));
        Assert.NotEqual(one, other);
    }

    [Theory]
    [InlineData("AAAA", 3)]
    [InlineData("", 0)]
    [InlineData("not base64!", null)]
    public void LengthOf_ForeignName_IsItsBytesOrNothing(string name, int? bytes) => Assert.Equal(bytes, BlockId.LengthOf(name));
}
