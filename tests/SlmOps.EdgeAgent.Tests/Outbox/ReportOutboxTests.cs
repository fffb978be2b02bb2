using SlmOps.Contracts;
using SlmOps.EdgeAgent.Outbox;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Outbox;

public sealed class ReportOutboxTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string Path => _folder["outbox.jsonl"];

    [Fact]
    public void Append_AfterARestart_EverythingIsStillThere()
    {
        var first = new ReportOutbox(Path);
        first.Append(Report(7));
        first.Append(Report(8, DeviceState.Committed));

        var second = new ReportOutbox(Path);

        Assert.Equal([7L, 8], second.Peek().Select(report => report.Seq));
        Assert.Equal(DeviceState.Committed, second.Peek()[1].Deployment!.State);
        Assert.Equal(8, second.LastSeq);
    }

    [Fact]
    public void Append_NumberAlreadyInOrConfirmed_IsNotAddedAgain()
    {
        var outbox = new ReportOutbox(Path);
        outbox.Append(Report(7));
        outbox.Append(Report(7));
        outbox.Acknowledge(7);
        outbox.Append(Report(7));

        Assert.Equal(0, outbox.Count);
        Assert.Equal(0, new ReportOutbox(Path).Count);
        Assert.Equal(7, new ReportOutbox(Path).LastSeq);
    }

    [Fact]
    public void Acknowledge_Part_KeepsTheRestOverARestart()
    {
        var outbox = new ReportOutbox(Path);
        foreach (var seq in Enumerable.Range(1, 5))
        {
            outbox.Append(Report(seq));
        }

        outbox.Acknowledge(3);

        Assert.Equal([4L, 5], new ReportOutbox(Path).Peek().Select(report => report.Seq));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(150)]
    public void Load_LastLineTorn_TheOnesBeforeAreWholeAndNewOnesFollow(int cut)
    {
        var outbox = new ReportOutbox(Path);
        outbox.Append(Report(1));
        outbox.Append(Report(2));
        using (var file = File.OpenWrite(Path))
        {
            file.SetLength(file.Length - cut);
        }

        var again = new ReportOutbox(Path);
        again.Append(Report(2));

        Assert.Equal([1L, 2], again.Peek().Select(report => report.Seq));
        Assert.Equal([1L, 2], new ReportOutbox(Path).Peek().Select(report => report.Seq));
    }

    [Fact]
    public void Append_Full_KeepsTheFirstAndTheLastWordOnEachDeployment()
    {
        var outbox = new ReportOutbox(Path);
        outbox.Append(Report(1, DeviceState.Committed));
        for (var seq = 2; seq <= ReportOutbox.Capacity + 2; seq++)
        {
            outbox.Append(Report(seq));
        }

        Assert.Equal(ReportOutbox.Capacity, outbox.Count);
        Assert.Equal(2, outbox.Dropped);
        Assert.Equal([1L, 4, 5], outbox.Peek().Take(3).Select(report => report.Seq));
    }

    [Fact]
    public void Append_FullOfLastWords_DropsTheOldestOfThem()
    {
        var outbox = new ReportOutbox(Path);
        for (var seq = 1; seq <= ReportOutbox.Capacity + 1; seq++)
        {
            var report = Report(seq, DeviceState.Committed);
            outbox.Append(report with { Deployment = report.Deployment! with { RolloutId = $"r-{seq}" } });
        }

        Assert.Equal((ReportOutbox.Capacity, 2L), (outbox.Count, outbox.Peek()[0].Seq));
    }

    [Fact]
    public void Peek_Many_GivesOneBatch()
    {
        var outbox = new ReportOutbox(Path);
        for (var seq = 1; seq <= DeviceReport.MaxBatch + 5; seq++)
        {
            outbox.Append(Report(seq));
        }

        Assert.Equal(DeviceReport.MaxBatch, outbox.Peek().Count);
    }

    public void Dispose() => _folder.Dispose();

    private static DeviceReport Report(long seq, DeviceState state = DeviceState.Downloading) => new(
        1, "d-1", seq, Bench.Start, "stable", null,
        new()
        {
            Release = Digest.Of([1]),
            Model = "m",
            Version = "1",
            Manifest = default,
            Attempt = 1,
            State = state,
            Verified = false,
            Active = default,
        }, null);
}
