using System.Text.Json;
using SlmOps.Local.EventGrid;

namespace SlmOps.Local.Tests.EventGrid;

public sealed class DeliveryJournalTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2025, 11, 24, 6, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "deliveries.jsonl");

    public void Dispose() => _folder.Dispose();

    private static (AcceptedEvent, IReadOnlyList<string>) Entry(string id, params string[] subscriptions) =>
        (
            AcceptedEvent.From("t", JsonDocument.Parse($$"""{"id":"{{id}}","source":"/s","type":"x","data":"ä\n"}""").RootElement),
            subscriptions);

    [Fact]
    public void Open_AfterPartialSettlement_KeepsTheRest()
    {
        using (var journal = DeliveryJournal.Open(_folder.Path, 10))
        {
            var entries = journal.Accept([Entry("1", "a", "b"), Entry("2", "a"), Entry("3")], Now)!;
            journal.Settle(entries[0].Number, "a");
            journal.Settle(entries[1].Number, "a");
        }

        using var again = DeliveryJournal.Open(_folder.Path, 10);
        var left = Assert.Single(again.Waiting);
        Assert.Equal("1", left.Event.Id);
        Assert.Equal("ä\n", left.Event.Body.GetProperty("data").GetString());
        Assert.Equal(["b"], left.Waiting);
        Assert.Equal(Now, left.AcceptedAt);
    }

    [Fact]
    public void Open_EveryCutOfTheFile_KeepsWholeEntries()
    {
        using (var journal = DeliveryJournal.Open(_folder.Path, 10))
        {
            journal.Accept([Entry("1", "a")], Now);
            journal.Accept([Entry("2", "a")], Now);
        }

        var whole = System.IO.File.ReadAllBytes(File);
        var firstLine = Array.IndexOf(whole, (byte)'\n');
        // Every seventh place, and every place around the ends of the two lines.
        int[] ends = [firstLine, whole.Length - 1];
        foreach (var length in Enumerable.Range(0, whole.Length + 1).Where(n => n % 7 == 0 || ends.Any(end => Math.Abs(n - end) <= 1)))
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            using var journal = DeliveryJournal.Open(_folder.Path, 10);
            var expected = length >= whole.Length - 1 ? 2 : length >= firstLine ? 1 : 0;
            Assert.Equal(expected, journal.Waiting.Count);
            Assert.Single(journal.Accept([Entry("3", "a")], Now)!);
        }
    }

    [Fact]
    public void Open_EverythingSettled_LeavesAnEmptyFile()
    {
        using (var journal = DeliveryJournal.Open(_folder.Path, 10))
        {
            foreach (var entry in journal.Accept([Entry("1", "a")], Now)!)
            {
                journal.Settle(entry.Number, "a");
            }
        }

        DeliveryJournal.Open(_folder.Path, 10).Dispose();
        Assert.Equal(0, new FileInfo(File).Length);
    }

    [Fact]
    public void Accept_TooMuchWaits_IsRefused()
    {
        using var journal = DeliveryJournal.Open(_folder.Path, 2);
        Assert.NotNull(journal.Accept([Entry("1", "a"), Entry("2", "a")], Now));
        Assert.Null(journal.Accept([Entry("3", "a")], Now));
        Assert.NotNull(journal.Accept([Entry("4")], Now));
    }
}
