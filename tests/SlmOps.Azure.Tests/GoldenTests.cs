namespace SlmOps.Azure.Tests;

public sealed class GoldenTests(SnapshotFixture snapshots)
{
    private const string Stored = "infra/azure/golden.snapshot.json";
    private const string Received = "artifacts/azure/golden.snapshot.json";

    [Fact]
    public async Task Snapshot_OfGoldenParameters_EqualsTheStoredOne()
    {
        var storedPath = Path.Combine(BicepCli.RepositoryRoot, Stored);
        var stored = File.Exists(storedPath)
            ? await File.ReadAllTextAsync(storedPath, TestContext.Current.CancellationToken)
            : "";
        var received = snapshots.Full.Render();
        if (stored.ReplaceLineEndings("\n") == received)
        {
            return;
        }

        var receivedPath = Path.Combine(BicepCli.RepositoryRoot, Received);
        Directory.CreateDirectory(Path.GetDirectoryName(receivedPath)!);
        await File.WriteAllTextAsync(receivedPath, received, TestContext.Current.CancellationToken);
        Assert.Fail($"""
            The Bicep files deploy something else than the golden snapshot says. {FirstDifference(stored, received)}
            All differences: diff {Stored} {Received}
            If they are meant: cp {Received} {Stored}
            """);
    }

    private static string FirstDifference(string stored, string received)
    {
        var before = stored.ReplaceLineEndings("\n").Split('\n');
        var after = received.Split('\n');
        var line = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"""
            First difference, line {line + 1}:
              stored:   {before.ElementAtOrDefault(line)}
              received: {after.ElementAtOrDefault(line)}
            """;
    }
}
