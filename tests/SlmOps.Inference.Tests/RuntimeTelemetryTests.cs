namespace SlmOps.Inference.Tests;

public sealed class RuntimeTelemetryTests
{
    [Fact]
    public void Library_Loaded_HasTurnedItOff()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Native code there has the environment that .NET has.");

        Assert.Equal("1", RuntimeTelemetry.Native());
        Assert.Equal("1", Environment.GetEnvironmentVariable("ORT_DISABLE_TELEMETRY"));
    }
}
