using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Audit;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Api;

[Collection(StageCollection.Name)]
public sealed class KeyApiTests(StageStorage storage)
{
    private readonly TableServiceClient _tables = new(storage.ConnectionString);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task First_WithoutALivingAdmin_GivesAKeyAndOnlyThen()
    {
        foreach (var table in new[] { Tables.Access, Tables.Audit })
        {
            await _tables.CreateTableIfNotExistsAsync(table, Cancelled);
        }

        var keys = new OperatorKeys(_tables, new(), TimeProvider.System);
        foreach (var key in await keys.ListAsync(Cancelled))
        {
            await keys.RevokeAsync(key.Id, Cancelled);
        }

        await keys.AddAsync("reader", OperatorRole.Read, null, Cancelled);

        var first = await FirstAsync(keys);
        Assert.Equal(409, await StatusAsync(keys));
        await keys.RevokeAsync(first.Status.Id, Cancelled);
        var second = await FirstAsync(keys);

        Assert.Equal(OperatorRole.Admin, first.Status.Role);
        Assert.NotEqual(first.Key, second.Key);
        Assert.NotNull((await keys.FindAsync(first.Key, Cancelled))!.RevokedAt);
        Assert.Equal(second.Status.Id, (await keys.FindAsync(second.Key, Cancelled))!.Id);
        Assert.Null(await keys.FindAsync(second.Key + "x", Cancelled));
    }

    private async Task<NewOperatorKey> FirstAsync(OperatorKeys keys) =>
        Assert.IsAssignableFrom<IValueHttpResult<NewOperatorKey>>(await Open(keys).FirstAsync(Request(), Cancelled)).Value!;

    private async Task<int?> StatusAsync(OperatorKeys keys) =>
        Assert.IsAssignableFrom<IStatusCodeHttpResult>(await Open(keys).FirstAsync(Request(), Cancelled)).StatusCode;

    private KeyApi Open(OperatorKeys keys)
    {
        var audit = new AuditLog(_tables, TimeProvider.System, NullLogger<AuditLog>.Instance);
        return new(keys, audit, new(keys, audit, TimeProvider.System), TimeProvider.System);
    }

    private static HttpRequest Request() => new DefaultHttpContext { Request = { Method = "POST", Path = "/api/v1/keys/first" } }.Request;
}
