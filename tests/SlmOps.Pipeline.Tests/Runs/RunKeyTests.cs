using SlmOps.Pipeline.Runs;


namespace SlmOps.Pipeline.Tests.Runs;

public sealed class RunKeyTests
{
    [Fact]
    public void TryParse_Key_ComesBack()
    {
        Assert.True(RunKey.TryParse("phi-3@1.0.0-rc.1", out var key));
        Assert.Equal(new RunKey("phi-3", "1.0.0-rc.1"), key);
        Assert.Equal("phi-3@1.0.0-rc.1", key.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("phi")]
    [InlineData("phi@")]
    [InlineData("@1.0")]
    [InlineData("phi@1@0")]
    [InlineData("phi@@1")]
    [InlineData("Phi@1.0")]
    [InlineData("phi@1.0 ")]
    [InlineData("../phi@1.0")]
    [InlineData("phi@1/0")]
    [InlineData("phi@1'0")]
    public void TryParse_AnythingElse_IsRefused(string? text)
    {
        Assert.False(RunKey.TryParse(text, out var key));
        Assert.Null(key);
    }
}
