using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SlmOps.Local.Azurite;
using SlmOps.Local.Tests;

[assembly: AssemblyFixture(typeof(SharedAzurite))]

namespace SlmOps.Local.Tests;

/// <summary>One Azurite for all tests; each test takes containers and queues of its own.</summary>
public sealed class SharedAzurite : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private AzuriteProcess? _azurite;

    internal AzuriteEndpoints Endpoints => _azurite!.Endpoints;

    internal string ConnectionString => Endpoints.ConnectionString;

    public async ValueTask InitializeAsync() => _azurite = await AzuriteProcess.StartAsync(
        new AzuriteOptions(AppContext.BaseDirectory, _folder.Path), TimeProvider.System, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }

        _folder.Dispose();
    }

    internal static string NewName() => "t" + Guid.NewGuid().ToString("N")[..20];

    internal async Task<QueueClient> NewQueueAsync()
    {
        var queue = new QueueClient(ConnectionString, NewName());
        await queue.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return queue;
    }

    internal async Task<BlobContainerClient> NewContainerAsync()
    {
        var container = new BlobContainerClient(ConnectionString, NewName());
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return container;
    }
}
