using SlmOps.Cli.Lab;

namespace SlmOps.Cli.Tests.Lab;

public sealed class LabRuntimesTests
{
    [Fact]
    public void Chosen_Versions_AreEachOnce()
    {
        var chosen = LabRuntimes.Chosen(["1.23.2, 1.27.0", "1.23.2"]);

        Assert.Equal([("onnxruntime-1.23.2", "1.23.2"), ("onnxruntime-1.27.0", "1.27.0")], chosen.Select(one => (one.Name, one.Runtime!)));
    }

    [Theory]
    [InlineData("1.23")]
    [InlineData("../1.23.2")]
    [InlineData("1.23.2@evil/package")]
    [InlineData("latest")]
    public void Chosen_WhatIsNoVersion_IsRefused(string given)
    {
        var refused = Assert.Throws<CliException>(() => LabRuntimes.Chosen([given]));

        Assert.Equal(ExitCode.Usage, refused.Code);
    }
}
