using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Runs;

public sealed class ProblemLimitsTests
{
    [Fact]
    public void Apply_FewShortProblems_AreKept()
    {
        Problem[] problems = [.. Enumerable.Range(1, 50).Select(line => new Problem("code", new string('m', 300), "cure", "file", line))];

        Assert.Equal(problems, ProblemLimits.Apply(problems));
        Assert.Empty(ProblemLimits.Apply([]));
    }

    [Fact]
    public void Apply_MoreProblems_SaysHowManyAreLeftOut()
    {
        var kept = ProblemLimits.Apply([.. Enumerable.Range(1, 1000).Select(line => new Problem("code", "message", "cure", "file", line))]);

        Assert.Equal(50, kept.Count);
        Assert.Equal(Enumerable.Range(1, 49).Select(line => (int?)line), kept.Take(49).Select(problem => problem.Line));
        Assert.Equal(("more-problems", "951 more problems are not listed."), (kept[^1].Code, kept[^1].Message));
    }

    [Fact]
    public void Apply_LongTexts_AreCut()
    {
        var cut = Assert.Single(
            ProblemLimits.Apply([new("code", new string('m', 301), new string('c', 5_000_000), new string('f', 301), 7)]));

        Assert.Equal(new("code", new string('m', 300) + "…", new string('c', 300) + "…", new string('f', 300) + "…", 7), cut);
    }

    [Fact]
    public void Apply_CutInsideACharacter_LeavesItOut() => Assert.Equal(
        new string('m', 299) + "…", ProblemLimits.Apply([new("code", new string('m', 299) + "😀", "cure")])[0].Message);

    [Fact]
    public void Apply_WorstCase_FitsARowAndAnEvent()
    {
        var worst = new string('"', 1000);
        var rejected = new ModelRejected(
            "phi", "1.0", "models/phi/1.0/slmops.json", "intake",
            ProblemLimits.Apply([.. Enumerable.Repeat(new Problem("manifest-invalid", worst, worst, worst), 100_000)]));

        var fact = OutboxEntry.Fact(EventTypes.ModelRejected, "models/phi/1.0", "", rejected, SampleFleet.Start);

        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(fact.Body).Length, 1, 1024 * 1024);
        Assert.Equal(fact, JsonRow.Read<OutboxEntry>(JsonRow.Write("p", "r", fact)));
    }
}
