using SlmOps.Local.Azurite;

namespace SlmOps.Local.Tests.Azurite;

public sealed class AzuriteProcessTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_NotInstalled_SaysRunNpmCi()
    {
        using var folder = new TemporaryFolder();

        var error = await Assert.ThrowsAsync<LocalPlatformException>(() => AzuriteProcess.StartAsync(
            new AzuriteOptions(folder.Path, folder.Path), TimeProvider.System, Cancelled));

        Assert.Contains("run npm ci", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithAKeyOfItsOwn_TakesThatOneAlone()
    {
        using var folder = new TemporaryFolder();
        var key = Convert.ToBase64String(new byte[64]);
        await using var azurite = await AzuriteProcess.StartAsync(
            new AzuriteOptions(AppContext.BaseDirectory, folder.Path) { Key = key }, TimeProvider.System, Cancelled);

        await new Azure.Storage.Queues.QueueClient(azurite.Endpoints.ConnectionString, "mine").CreateAsync(cancellationToken: Cancelled);
        var refused = await Assert.ThrowsAsync<Azure.RequestFailedException>(() => new Azure.Storage.Queues.QueueClient(
            azurite.Endpoints.ConnectionString.Replace(key, AzuriteEndpoints.WellKnownKey, StringComparison.Ordinal), "mine")
            .CreateAsync(cancellationToken: Cancelled));

        Assert.Equal(403, refused.Status);
    }

    [Fact]
    public async Task Start_PortIsTakenMeanwhile_TakesOthers()
    {
        using var folder = new TemporaryFolder();
        // Free for both when it is looked at, and then only for the one that comes first.
        var port = LoopbackPort.Choose(0);
        await using var azurite = await AzuriteProcess.StartAsync(
            new AzuriteOptions(AppContext.BaseDirectory, folder.Path) { QueuePort = port, TablePort = port }, TimeProvider.System, Cancelled);

        Assert.NotEqual(azurite.Endpoints.Queue.Port, azurite.Endpoints.Table.Port);
        await new Azure.Storage.Queues.QueueClient(azurite.Endpoints.ConnectionString, "there").CreateAsync(cancellationToken: Cancelled);
    }

    [Fact]
    public async Task Stop_ThenStartWithTheSamePorts_KeepsData()
    {
        using var folder = new TemporaryFolder();
        var options = new AzuriteOptions(AppContext.BaseDirectory, folder.Path);
        AzuriteEndpoints before;
        await using (var first = await AzuriteProcess.StartAsync(options, TimeProvider.System, Cancelled))
        {
            before = first.Endpoints;
            await new Azure.Storage.Queues.QueueClient(before.ConnectionString, "kept").CreateAsync(cancellationToken: Cancelled);
            await first.StopAsync();
            await first.Completion;
        }

        await using var second = await AzuriteProcess.StartAsync(
            options with { BlobPort = before.Blob.Port, QueuePort = before.Queue.Port, TablePort = before.Table.Port },
            TimeProvider.System, Cancelled);

        Assert.Equal(before, second.Endpoints);
        Assert.True(await new Azure.Storage.Queues.QueueClient(before.ConnectionString, "kept").ExistsAsync(Cancelled));
    }
}
