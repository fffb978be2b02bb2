using System.Text;
using SlmOps.Pipeline.Tests;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>Our queue listener and that of the real host, over the same cases: the tables in docs/local-platform.md.</summary>
public sealed class ListenerComparisonTests(SharedAzurite azurite, ITestOutputHelper output)
{
    private const string Document = "docs/local-platform.md";

    [Fact]
    public async Task Listeners_OverTheSameCases_DifferWhereTheDocumentSaysSo() =>
        GeneratedPart.Check(Document, "listeners", await TableAsync(Cases.All, atOnce: 6));

    // Ten minutes: that is the real lease.
    [Fact(Explicit = true)]
    public async Task Listeners_OverMinutes_DifferWhereTheDocumentSaysSo() =>
        GeneratedPart.Check(Document, "listeners over minutes", await TableAsync(SlowCases.All, atOnce: 100));

    private async Task<string> TableAsync(IReadOnlyList<Case> cases, int atOnce)
    {
        await using var recorder = await QueueRecorder.StartAsync(azurite);
        using var room = new SemaphoreSlim(atOnce);
        var rows = await Task.WhenAll(cases.Select(async one =>
        {
            var results = await Task.WhenAll(PlayAsync(one, TriedOurs.StartAsync), PlayAsync(one, TriedReal.StartAsync));
            output.WriteLine($"{one.Name}\n   {results[0]}\n   {results[1]}");
            return (Case: one, Ours: results[0], Real: results[1]);
        }));

        // A difference needs a reason, and a reason a difference.
        Assert.All(rows, row => Assert.True((row.Ours == row.Real) == row.Case.Why is null, $"{row.Case.Name}: {row.Ours} / {row.Real}"));
        return rows.Aggregate(
            new StringBuilder("| Case | Here | Real host | Why |\n|---|---|---|---|"),
            (table, row) => table.Append(
                $"\n| {row.Case.Name} | {row.Ours} | {(row.Ours == row.Real ? "the same" : row.Real)} | {row.Case.Why} |")).ToString();

        async Task<string> PlayAsync(Case played, TriedStart start)
        {
            await room.WaitAsync(TestContext.Current.CancellationToken);
            try
            {
                await using var trial = new Trial(azurite, recorder, start, played.Queue(SharedAzurite.NewName()));
                return await played.Play(trial) ?? trial.Recording.Text;
            }
            finally
            {
                room.Release();
            }
        }
    }
}
