using SlmOps.Cli.Agent;

namespace SlmOps.Cli.Tests.Agent;

public sealed class AgentProcessTests
{
    [Fact]
    public void Start_EnrolmentToken_StandsInTheEnvironmentAlone()
    {
        var connection = new Connection(new("http://127.0.0.1:7071"), "operator", "storage", null, "trust.json")
        {
            EnrolmentToken = "very-secret",
        };
        var profile = new AgentProfile("d-1", "64MiB", "size", "1", new Dictionary<string, string> { ["site"] = "lab" });

        var start = AgentProcess.StartInfo(AgentProcess.Arguments(connection, "stable", profile, "data"), connection.EnrolmentToken);

        Assert.Contains("--trust", start.ArgumentList);
        Assert.DoesNotContain(start.ArgumentList, argument => argument.Contains("very-secret", StringComparison.Ordinal));
        Assert.Equal("very-secret", start.Environment["SLMOPS_TOKEN"]);

        // The agent ends with whoever starts it, however that ends.
        Assert.Equal((true, "pipe"), (start.RedirectStandardInput, start.Environment["SLMOPS_STARTER"]));
    }
}
