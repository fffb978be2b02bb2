using System.CommandLine.Parsing;
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

    [Fact]
    public void Start_AgentOfAnotherProcessor_GoesThroughTheLauncherAndSoDoItsTests()
    {
        var connection = new Connection(new("http://127.0.0.1:7071"), "operator", "storage", null, "trust.json");
        var foreign = new ForeignAgent(["bash", "/a folder/emulate.sh", "cortex-a72"], "/agents/slmops-agent");
        var profile = new AgentProfile("d-1", "64MiB", "size", "1", new Dictionary<string, string>()) { Foreign = foreign };

        var arguments = AgentProcess.Arguments(connection, "stable", profile, "data");
        var start = AgentProcess.StartInfo(arguments, null, profile.Foreign);

        Assert.Equal("bash", start.FileName);
        Assert.Equal(["/a folder/emulate.sh", "cortex-a72", "/agents/slmops-agent", "--url"], start.ArgumentList.Take(4));
        Assert.Equal("bash \"/a folder/emulate.sh\" cortex-a72", arguments[^1]);
        Assert.Equal(foreign.Launcher, CommandLineParser.SplitCommandLine(arguments[^1]));
    }
}
