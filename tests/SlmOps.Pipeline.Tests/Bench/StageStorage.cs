using SlmOps.Local.Azurite;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>One Azurite, and one set of keys, for the tests of stages; they run one after the other.</summary>
public sealed class StageStorage : IAsyncLifetime
{
    private AzuriteProcess? _azurite;

    internal TemporaryFolder Folder { get; } = new();

    internal string ConnectionString => _azurite!.Endpoints.ConnectionString;

    internal AzuriteEndpoints Endpoints => _azurite!.Endpoints;

    public async ValueTask InitializeAsync() =>
        _azurite = await AzuriteProcess.StartAsync(new(AppContext.BaseDirectory, Folder.Root), TimeProvider.System, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _azurite!.DisposeAsync();
        Folder.Dispose();
    }
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class StageCollection : ICollectionFixture<StageStorage>
{
    internal const string Name = "stages";
}
