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
