using SlmOps.Cli.Agent;

namespace SlmOps.Cli.Tests.Agent;

public sealed class AgentCommandTests
{
    private static readonly (string Option, string Value)[] Defaults = [("--url", "http://a/"), ("--data", "d"), ("--channel", "c")];

    [Theory]
    [InlineData("", "--url http://a/ --data d --channel c")]
    [InlineData("--memory 64MiB", "--url http://a/ --data d --channel c --memory 64MiB")]
    [InlineData("--channel other --id x", "--url http://a/ --data d --channel other --id x")]
    [InlineData("--channel=other --data=e", "--url http://a/ --channel=other --data=e")]
    public void WithDefaults_OwnOptions_StandInTheirPlace(string own, string expected) =>
        Assert.Equal(
            expected,
            string.Join(' ', AgentCommand.WithDefaults(Defaults, own.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
}
