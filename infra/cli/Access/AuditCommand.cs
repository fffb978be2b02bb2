using System.CommandLine;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Access;

/// <summary><c>slmops audit</c>: what operators changed, and whether the log of it holds.</summary>
internal static class AuditCommand
{
    internal static Command Build()
    {
        var verify = new Option<bool>("--verify")
        {
            Description =
                "Compute the chain of hashes anew; exit code 1 names the first entry that was changed, is missing or out of order",
        };
        var after = new Option<long>("--after") { Description = "Only entries after this number", HelpName = "NUMBER" };
        return ClientCommand.Build(
            "audit", "List what operators changed, oldest first, or verify the log.", [], [verify, after],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var checking = parsed.GetValue(verify);
                var first = checking ? 0 : parsed.GetValue(after);
                var (entries, last) = await ReadAsync(client, first, cancellationToken);
                if (checking)
                {
                    Verify(terminal, entries, last);
                    return;
                }

                foreach (var entry in entries)
                {
                    terminal.Say(
                        $"{entry.Seq,6} {entry.Time:u} {entry.Who} {entry.Call} {entry.Target} "
                        + (entry.Status is { } status ? $"ended with {status} (asked for in {entry.Of})" : "asked for"));
                }

                terminal.Result(entries);
            });
    }

    private static void Verify(Terminal terminal, List<AuditEntry> entries, AuditPage last)
    {
        if (AuditChain.Fault(entries, last.LastSeq, last.LastHash) is { } fault)
        {
            throw new CliException(fault);
        }

        terminal.Say($"All {last.LastSeq} entries follow one on the other. Hash of the last: {last.LastHash}");
        terminal.Result(new Verified(last.LastSeq, last.LastHash));
    }

    private static async Task<(List<AuditEntry> Entries, AuditPage Last)> ReadAsync(
        OperatorClient client, long after, CancellationToken cancellationToken)
    {
        var entries = new List<AuditEntry>();
        while (true)
        {
            var page = await client.AuditAsync(after, cancellationToken);
            entries.AddRange(page.Entries);

            // By place, not by what an entry says of itself: the next piece begins where this one ends.
            after += AuditPage.MaxEntries;
            if (after >= page.LastSeq)
            {
                return (entries, page);
            }
        }
    }

    private sealed record Verified(long Entries, string LastHash);
}
