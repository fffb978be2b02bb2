using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Audit;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Audit;

[Collection(StageCollection.Name)]
public sealed class AuditLogTests(StageStorage storage) : IAsyncLifetime
{
    private readonly TableServiceClient _tables = new(storage.ConnectionString);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private TableClient Table => _tables.GetTableClient(Tables.Audit);

    public async ValueTask InitializeAsync()
    {
        await _tables.CreateTableIfNotExistsAsync(Tables.Audit, Cancelled);
        await foreach (var row in Table.QueryAsync<TableEntity>(cancellationToken: Cancelled))
        {
            await Table.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: Cancelled);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Append_ManyAtOnce_AreOneChain()
    {
        AuditLog[] logs = [Open(), Open()];

        await Task.WhenAll(Enumerable.Range(0, 12).Select(number =>
            logs[number % 2].AppendAsync("ann", "CancelRun", $"POST {number}", null, null, Cancelled)));

        var page = await Open().ReadAsync(0, Cancelled);
        Assert.Equal(Enumerable.Range(1, 12).Select(number => (long)number), page.Entries.Select(entry => entry.Seq));
        Assert.Distinct(page.Entries.Select(entry => entry.Target));
        Assert.Null(AuditChain.Fault(page.Entries, page.LastSeq, page.LastHash));
        Assert.Equal([11, 12], (await Open().ReadAsync(10, Cancelled)).Entries.Select(entry => entry.Seq));
    }

    [Fact]
    public async Task Read_RowsThatWereTamperedWith_BreakTheChain()
    {
        var log = Open();
        for (var number = 1; number <= 4; number++)
        {
            await log.AppendAsync("ann", "CancelRun", $"POST {number}", number, null, Cancelled);
        }

        var second = (await log.ReadAsync(0, Cancelled)).Entries[1];
        var changed = JsonRow.Write("log", "000000000002", second with { Who = "bob" });
        await Table.UpsertEntityAsync(changed, TableUpdateMode.Replace, Cancelled);
        Assert.StartsWith("Entry 2 was changed", await FaultAsync(), StringComparison.Ordinal);

        await Table.DeleteEntityAsync("log", "000000000002", cancellationToken: Cancelled);
        Assert.StartsWith("Entry 2 is missing", await FaultAsync(), StringComparison.Ordinal);

        await Table.AddEntityAsync(JsonRow.Write("log", "000000000002", second), Cancelled);
        Assert.Null(await FaultAsync());

        await Table.DeleteEntityAsync("log", "000000000004", cancellationToken: Cancelled);
        Assert.StartsWith("Entry 4 is missing", await FaultAsync(), StringComparison.Ordinal);
    }

    private async Task<string?> FaultAsync()
    {
        var page = await Open().ReadAsync(0, Cancelled);
        return AuditChain.Fault(page.Entries, page.LastSeq, page.LastHash);
    }

    private AuditLog Open() => new(_tables, TimeProvider.System, NullLogger<AuditLog>.Instance);
}
