using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local.Azurite;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Repository;

/// <summary>An Azurite with one repository, and root metadata for its keys.</summary>
public sealed class Storage : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey[] _rootKeys = [.. Enumerable.Range(0, 3).Select(_ => LocalSigningKey.CreateInMemory())];
    private AzuriteProcess? _azurite;

    internal string ConnectionString => _azurite!.Endpoints.ConnectionString;

    internal BlobContainerClient Packages => new(ConnectionString, Containers.Packages);

    internal TableClient Table => new(ConnectionString, Tables.Repository);

    internal byte[] Root { get; private set; } = [];

    internal PipelineOptions Options => new()
    {
        ReleaseKey = Path.Combine(_folder.Root, "release.pem"),
        OnlineKey = Path.Combine(_folder.Root, "online.pem"),
        RootFolder = Path.Combine(_folder.Root, "root"),
    };

    public async ValueTask InitializeAsync()
    {
        _azurite = await AzuriteProcess.StartAsync(
            new(AppContext.BaseDirectory, _folder.Root),
            TimeProvider.System,
            CancellationToken.None);
        await Packages.CreateAsync();
        await Table.CreateAsync();
        Root = (await RootAsync(1, Options.OnlineKey)).Bytes;
        Directory.CreateDirectory(Options.RootFolder);
        await File.WriteAllBytesAsync(Path.Combine(Options.RootFolder, "1.root.json"), Root);
    }

    public async ValueTask DisposeAsync()
    {
        await _azurite!.DisposeAsync();
        Array.ForEach(_rootKeys, key => key.Dispose());
        _folder.Dispose();
    }

    internal async Task<TufFile> RootAsync(long version, string onlineKey)
    {
        using var release = LocalSigningKey.LoadOrCreate(Options.ReleaseKey);
        using var online = LocalSigningKey.LoadOrCreate(onlineKey);
        var role = new TufRole([online.PublicKey], 1);
        return await TufWriter.RootAsync(
            version,
            TimeProvider.System.GetUtcNow().AddYears(10),
            new(new([.. _rootKeys.Select(key => key.PublicKey)], 2), new([release.PublicKey], 1), role, role),
            [.. _rootKeys],
            CancellationToken.None);
    }

    internal async Task ClearAsync()
    {
        await foreach (var blob in Packages.GetBlobsAsync())
        {
            await Packages.DeleteBlobAsync(blob.Name);
        }

        await ClearTableAsync();
        await Packages.GetBlobClient("metadata/1.root.json").UploadAsync(BinaryData.FromBytes(Root));
    }

    internal async Task ClearTableAsync()
    {
        await foreach (var row in Table.QueryAsync<TableEntity>())
        {
            await Table.DeleteEntityAsync(row.PartitionKey, row.RowKey);
        }
    }

    /// <summary>One instance of the pipeline's part.</summary>
    internal ReleaseRepository Open(TimeProvider time, WriteGate? gate = null, PipelineOptions? options = null)
    {
        var blobs = new BlobClientOptions { Retry = { MaxRetries = 0 } };
        var tables = new TableClientOptions { Retry = { MaxRetries = 0 } };
        if (gate is not null)
        {
            blobs.AddPolicy(gate, HttpPipelinePosition.PerCall);
            tables.AddPolicy(gate, HttpPipelinePosition.PerCall);
        }

        var files = new MetadataFiles(new(ConnectionString, blobs));
        var keys = new SigningKeys(options ?? Options, new NoCredential(), new());
        return new(new(new(ConnectionString, tables)), files, new(files, keys), keys, time, NullLogger<ReleaseRepository>.Instance);
    }

    internal async Task<byte[]?> ReadAsync(string name, int limit, CancellationToken cancellationToken) =>
        await new MetadataFiles(new(ConnectionString)).ReadAsync(name, limit, cancellationToken);

    internal Task<TufUpdate> UpdateAsync(DateTimeOffset now, TufState? state = null) =>
        TufClient.UpdateAsync(state ?? TufState.Initial(Root), ReadAsync, now, TestContext.Current.CancellationToken);

    private sealed class NoCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}

/// <summary>Stands before every write of one instance: cuts it off, or makes it wait.</summary>
internal sealed class WriteGate(Func<int, string, Task> before, Func<int, string, Task>? after = null) : HttpPipelinePolicy
{
    private int _writes;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (message.Request.Method == RequestMethod.Get || message.Request.Method == RequestMethod.Head)
        {
            await ProcessNextAsync(message, pipeline);
            return;
        }

        var (number, path) = (Interlocked.Increment(ref _writes), message.Request.Uri.ToUri().AbsolutePath);
        await before(number, path);
        await ProcessNextAsync(message, pipeline);
        await (after?.Invoke(number, path) ?? Task.CompletedTask);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Everything is asynchronous here.");
}
