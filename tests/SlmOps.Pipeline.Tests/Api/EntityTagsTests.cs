using Microsoft.AspNetCore.Http;
using SlmOps.Pipeline.Api;

namespace SlmOps.Pipeline.Tests.Api;

public sealed class EntityTagsTests
{
    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("W/\"a\"", true)]
    [InlineData("*", true)]
    [InlineData(" * ", true)]
    [InlineData("\"x\", \"a\"", true)]
    [InlineData("\"x\",W/\"a\",\"y\"", true)]
    [InlineData(",, \"x\" ,\t, \"a\" ,", true)]
    [InlineData("\"x,\\\", \"a\"", true)] // a tag has no escapes: the backslash is part of it
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("\"b\"", false)]
    [InlineData("\"A\"", false)]
    [InlineData("a", false)]
    [InlineData("\"x, a\"", false)]
    [InlineData("\"a\" *", false)]
    [InlineData("*, \"a\"", false)]
    [InlineData("\"a\" \"b\"", false)]
    [InlineData("\"a\", b", false)]
    [InlineData("\"a\", \"", false)]
    [InlineData("w/\"a\"", false)]
    [InlineData("W/ \"a\"", false)]
    [InlineData("W/", false)]
    public void NoneMatchNames_Header_IsReadAsAListOfTags(string? header, bool named)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.IfNoneMatch = header;

        Assert.Equal(named, EntityTags.NoneMatchNames(context.Request, "\"a\""));
    }

    [Fact]
    public void NoneMatchNames_HeaderTwice_IsOneList()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.IfNoneMatch = new(["\"x\"", "W/\"a\""]);

        Assert.True(EntityTags.NoneMatchNames(context.Request, "\"a\""));
    }
}
