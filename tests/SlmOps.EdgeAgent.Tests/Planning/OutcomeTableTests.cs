using System.Text.RegularExpressions;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Planning;

/// <summary>One table says whose doing a failure is: the agent's code, the document and the gate go by it.</summary>
public sealed partial class OutcomeTableTests
{
    [Theory]
    [InlineData("smoke-disagrees", OutcomeClass.Processor)]
    [InlineData("composition-local-layer", OutcomeClass.Release)]
    [InlineData("composition-unavailable", OutcomeClass.Delivery)]
    [InlineData("metadata-timestamp-expired", OutcomeClass.Delivery)]
    [InlineData("disk-full", OutcomeClass.Device)]
    [InlineData("disk", OutcomeClass.Device)]
    [InlineData("something-new", OutcomeClass.Release)]
    [InlineData(null, OutcomeClass.Release)]
    public void Of_Code_IsTheClassOfTheLongestRow(string? code, OutcomeClass expected) => Assert.Equal(expected, OutcomeTable.Of(code));

    [Fact]
    public void Rows_AreUniqueAndTheDocuments()
    {
        Assert.Distinct(OutcomeTable.Rows.Select(row => row.Code));
        var document = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, "docs", "agent.md"));
        var shown = document
            .SkipWhile(line => line != "| Reason code | Class | What happened |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'));

        Assert.Equal(OutcomeTable.Rows.Select(row => $"| `{row.Code}` | {row.Class.ToString().ToLowerInvariant()} | {row.Means} |"), shown);
    }

    [Fact]
    public void Agent_EveryFailure_IsInTheTableAndOnlyTheModelsCondemnIt()
    {
        var found = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "edge-agent"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(path => Failures().Matches(File.ReadAllText(path)))
            .Select(match => (Kind: match.Groups["kind"].Value, Code: match.Groups["code"].Value))
            .Where(one => one.Code != BlobDownloader.TimeIsUp.Code)
            .ToList();

        Assert.True(found.Count > 15, "The pattern finds no failures any more.");
        Assert.All(found, one => Assert.True(OutcomeTable.Knows(one.Code), one.Code));

        // A damaged layer of the device's own condemns that layer, and nothing of the release.
        Assert.All(
            found.Where(one => one.Kind == nameof(FailureKind.Condemning) && !one.Code.StartsWith("local-layer", StringComparison.Ordinal)),
            one => Assert.True(OutcomeTable.Condemns(one.Code), one.Code));
    }

    [GeneratedRegex("""(?:FailureKind\.(?<kind>\w+), |SmokeTester\.Failed\(|[^.]\bFailed\()"(?<code>[a-z-]+)["]""")]
    private static partial Regex Failures();
}
