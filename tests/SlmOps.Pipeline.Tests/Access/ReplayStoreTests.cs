using Azure.Data.Tables;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Access;

[Collection(StageCollection.Name)]
public sealed class ReplayStoreTests(StageStorage storage)
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TryUse_SecondTime_IsFalseUntilItCouldNotBeUsedAnyMore()
    {
        var tables = new TableServiceClient(storage.ConnectionString);
        await tables.CreateTableIfNotExistsAsync(Tables.Replays, Cancelled);
        var store = new ReplayStore(tables);
        var tokens = Enumerable.Range(0, 120).Select(number => Token($"id-{number}")).ToList();

        foreach (var token in tokens)
        {
            Assert.True(await store.TryUseAsync(token, Cancelled));
        }

        Assert.False(await store.TryUseAsync(tokens[0], Cancelled));
        Assert.True(await store.TryUseAsync(tokens[0] with { Device = "cam-8" }, Cancelled));

        // As long as the token may be taken, its row stays.
        await store.CollectAsync(tokens[0].Expires + DeviceAccess.Skew, Cancelled);
        Assert.False(await store.TryUseAsync(tokens[0], Cancelled));
        await store.CollectAsync(tokens[0].Expires + TimeSpan.FromMinutes(12), Cancelled);
        Assert.Equal(0, await CountAsync(tables));
    }

    private static Assertion Token(string id) => new("cam-7", "slmops:x", id, Now, Now.AddMinutes(2), SignatureHolds: true);

    private static async Task<int> CountAsync(TableServiceClient tables)
    {
        var count = 0;
        await foreach (var _ in tables.GetTableClient(Tables.Replays).QueryAsync<TableEntity>(cancellationToken: Cancelled))
        {
            count++;
        }

        return count;
    }
}
