using SlmOps.Contracts.Operator;

namespace SlmOps.Contracts.Tests.Operator;

public sealed class AuditChainTests
{
    private const int Length = 6;
    private static readonly List<AuditEntry> Log = Make();

    public static TheoryData<int> Numbers => [.. Enumerable.Range(1, Length)];

    [Fact]
    public void Fault_WholeLog_IsNull()
    {
        Assert.Null(Fault(Log));
        Assert.Null(AuditChain.Fault([], 0, AuditChain.Start));
    }

    [Fact]
    public void Sealed_KnownEntry_HasTheHashThatAnyToolComputes()
    {
        // printf '%s' '{"call":"CancelRun","previous":"00…00","seq":1,"target":"POST /x?reason=a+b \"é\"",
        // "time":"2026-01-31T12:00:00.0000000Z","who":"ann"}' | sha256sum, on one line and with all 64 zeros.
        var entry = AuditChain.Sealed(new()
        {
            Seq = 1,
            Time = new(2026, 1, 31, 13, 0, 0, TimeSpan.FromHours(1)),
            Who = "ann",
            Call = "CancelRun",
            Target = "POST /x?reason=a+b \"é\"",
            Previous = AuditChain.Start,
            Hash = "",
        });

        Assert.Equal("4a622d1f42ad7adfead315a233fce4adb4556d9d22c5bf870c15f64bf47abd9c", entry.Hash);
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Fault_ChangedEntry_IsNamed(int number)
    {
        var changes = new Func<AuditEntry, AuditEntry>[]
        {
            entry => entry with { Who = "mallory" },
            entry => entry with { Call = "Keys" },
            entry => entry with { Target = entry.Target + "x" },
            entry => entry with { Time = entry.Time.AddTicks(1) },
            entry => entry with { Status = entry.Status is null ? 200 : null },
            entry => entry with { Of = entry.Of is null ? 1 : null },
            entry => entry with { Hash = AuditChain.Start },
        };

        Assert.All(
            changes,
            change => Assert.StartsWith($"Entry {number} was changed", Fault(With(number, change)), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Fault_EntryWrittenAnewWithItsRightHash_IsNoticed(int number)
    {
        var fault = Fault(With(number, entry => AuditChain.Sealed(entry with { Who = "mallory" })));

        Assert.StartsWith(
            number < Length ? $"Entry {number + 1} does not follow on entry {number}" : $"Entry {number} was written anew",
            fault,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Fault_MissingEntry_IsNamed(int number) =>
        Assert.StartsWith($"Entry {number} is missing", Fault([.. Log.Where(entry => entry.Seq != number)]), StringComparison.Ordinal);

    [Fact]
    public void Fault_ReorderedOrDoubledEntries_AreNamed()
    {
        Assert.StartsWith("Entry 3 is missing: 4 stands", Fault([.. Log[..2], Log[3], Log[2], .. Log[4..]]), StringComparison.Ordinal);
        Assert.StartsWith("Entry 2 stands where 3", Fault([.. Log[..2], Log[1], .. Log[2..]]), StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_EntryAtTheEnd_IsNamed()
    {
        var more = AuditChain.Sealed(Log[^1] with { Seq = Length + 1, Previous = Log[^1].Hash });

        Assert.StartsWith($"Entry {Length + 1} was put at the end", Fault([.. Log, more]), StringComparison.Ordinal);
    }

    private static string? Fault(IReadOnlyList<AuditEntry> entries) => AuditChain.Fault(entries, Length, Log[^1].Hash);

    private static List<AuditEntry> With(int number, Func<AuditEntry, AuditEntry> change) =>
        [.. Log.Select(entry => entry.Seq == number ? change(entry) : entry)];

    private static List<AuditEntry> Make()
    {
        var log = new List<AuditEntry>();
        for (var number = 1; number <= Length; number++)
        {
            log.Add(AuditChain.Sealed(new()
            {
                Seq = number,
                Time = DateTimeOffset.UnixEpoch.AddMinutes(number),
                Who = "ann (1)",
                Call = "CancelRun",
                Target = $"POST /api/v1/models/m/{number}/cancel",
                Status = number % 2 == 0 ? 200 : null,
                Of = number % 2 == 0 ? number - 1 : null,
                Previous = log.Count == 0 ? AuditChain.Start : log[^1].Hash,
                Hash = "",
            }));
        }

        return log;
    }
}
