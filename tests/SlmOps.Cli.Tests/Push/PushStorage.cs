using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using SlmOps.Cli.Push;
using SlmOps.Local.Azurite;

namespace SlmOps.Cli.Tests.Push;

/// <summary>One Azurite for the tests of uploads; each takes a model of its own.</summary>
public sealed class PushStorage : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slmops-push-").FullName;
    private AzuriteProcess? _azurite;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    internal BlobServiceClient Blobs => new(_azurite!.Endpoints.ConnectionString);

    public async ValueTask InitializeAsync()
    {
        _azurite = await AzuriteProcess.StartAsync(new(AppContext.BaseDirectory, _folder), TimeProvider.System, CancellationToken.None);
        foreach (var container in (string[])["drop", "models"])
        {
            await Blobs.CreateBlobContainerAsync(container, cancellationToken: CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _azurite!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Pushes a file or folder, with a look at each request before it goes.</summary>
    internal Task<IReadOnlyList<string>> PushAsync(string path, Action<string>? look = null, int parallel = 1) => PushAsync(
        path,
        request =>
        {
            look?.Invoke(request);
            return Task.CompletedTask;
        },
        parallel);

    internal async Task<IReadOnlyList<string>> PushAsync(string path, Func<string, Task> look, int parallel = 1)
    {
        var wire = new PushWire(look);
        var options = new BlobClientOptions();
        options.AddPolicy(wire, HttpPipelinePosition.PerRetry);
        options.Retry.MaxRetries = 0;
        var terminal = new Terminal(json: true, TextWriter.Null, TextWriter.Null);
        var blobs = new BlobServiceClient(_azurite!.Endpoints.ConnectionString, options);
        await new Uploader(blobs, terminal, TimeProvider.System, parallel).RunAsync(PushFiles.Of(path, null, "1"), Cancelled);
        return wire.Requests;
    }

    internal async Task<byte[]> ContentAsync(string container, string blob) =>
        (await Blobs.GetBlobContainerClient(container).GetBlobClient(blob).DownloadContentAsync(Cancelled)).Value.Content.ToArray();

    /// <summary>Sees every request, as <c>PUT block model.onnx</c>.</summary>
    private sealed class PushWire(Func<string, Task> look) : HttpPipelinePolicy
    {
        private readonly List<string> _requests = [];

        internal IReadOnlyList<string> Requests => _requests;

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            var uri = message.Request.Uri.ToUri();
            var comp = System.Web.HttpUtility.ParseQueryString(uri.Query)["comp"];
            var request = $"{message.Request.Method} {comp} {Path.GetFileName(uri.AbsolutePath)}".Replace("  ", " ", StringComparison.Ordinal);
            await look(request);
            lock (_requests)
            {
                _requests.Add(request);
            }

            await ProcessNextAsync(message, pipeline);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            throw new NotSupportedException("Everything is asynchronous here.");
    }
}
