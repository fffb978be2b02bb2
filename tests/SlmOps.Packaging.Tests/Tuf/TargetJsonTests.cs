using System.Text;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Tests.Tuf;

public sealed class TargetJsonTests
{
    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("../x")]
    [InlineData("..")]
    [InlineData("a")]
    [InlineData("a/")]
    [InlineData("/1")]
    [InlineData("a/1/2")]
    [InlineData("A/1")]
    public void Read_PathThatIsNoModelAndVersion_IsRefused(string path)
    {
        var targets = StrictJson.Parse(Encoding.UTF8.GetBytes($$"""{"targets":{ "{{path}}": {} } }"""), Limits.IndexBytes, "targets");

        Assert.Equal("unsafe-path", Assert.Throws<PackageFormatException>(() => TargetJson.Read(targets)).Code);
    }
}
