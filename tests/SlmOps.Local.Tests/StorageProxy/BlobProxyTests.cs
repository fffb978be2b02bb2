using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local.StorageProxy;

namespace SlmOps.Local.Tests.StorageProxy;

public sealed class BlobProxyTests(SharedAzurite azurite) : IAsyncLifetime
{
    private readonly ConcurrentQueue<JsonElement> _events = new();
    private BlobProxy _proxy = null!;
    private BlobContainerClient _container = null!;
    private bool _refuse;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var options = new BlobProxyOptions(azurite.Endpoints.Blob, azurite.ConnectionString, item =>
        {
            if (_refuse)
            {
                throw new InvalidOperationException("no room");
            }

            _events.Enqueue(item);
        });
        _proxy = await BlobProxy.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancelled);
        _container = new BlobContainerClient(
            azurite.Endpoints.ConnectionStringWithBlob(_proxy.Url),
            SharedAzurite.NewName(),
            new BlobClientOptions { Retry = { MaxRetries = 0 } });
        await _container.CreateAsync(cancellationToken: Cancelled);
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private JsonElement TheEvent() => Assert.Single(_events);

    [Fact]
    public async Task PutBlob_Succeeds_RaisesBlobCreatedBeforeTheAnswer()
    {
        var answer = await _container.GetBlobClient("a/b.onnx").UploadAsync(
            BinaryData.FromString("hello"),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/x-model" } },
            Cancelled);

        var item = TheEvent();
        Assert.Equal("Microsoft.Storage.BlobCreated", item.GetProperty("type").GetString());
        Assert.Equal($"/blobServices/default/containers/{_container.Name}/blobs/a/b.onnx", item.GetProperty("subject").GetString());
        Assert.EndsWith(
            "/providers/Microsoft.Storage/storageAccounts/devstoreaccount1",
            item.GetProperty("source").GetString(),
            StringComparison.Ordinal);
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", item.GetProperty("traceparent").GetString());
        var data = item.GetProperty("data");
        Assert.Equal("PutBlob", data.GetProperty("api").GetString());
        Assert.Equal(answer.Value.ETag.ToString("G").Trim('"'), data.GetProperty("eTag").GetString());
        Assert.Equal("application/x-model", data.GetProperty("contentType").GetString());
        Assert.Equal(5, data.GetProperty("contentLength").GetInt64());
        Assert.Equal("BlockBlob", data.GetProperty("blobType").GetString());
        Assert.Equal(answer.GetRawResponse().Headers.RequestId, data.GetProperty("requestId").GetString());
        Assert.Equal(answer.GetRawResponse().ClientRequestId, data.GetProperty("clientRequestId").GetString());
        Assert.Equal(_container.GetBlobClient("a/b.onnx").Uri, new Uri(data.GetProperty("url").GetString()!));
        Assert.Equal(32, data.GetProperty("sequencer").GetString()!.Length);
        Assert.True(data.GetProperty("storageDiagnostics").TryGetProperty("batchId", out _));
    }

    [Fact]
    public async Task StagedUpload_TwentyMegabytes_RaisesOneEventOnCommit()
    {
        var bytes = RandomNumberGenerator.GetBytes(20 * 1024 * 1024);
        var blob = _container.GetBlobClient("large.bin");

        await blob.UploadAsync(
            new MemoryStream(bytes),
            new BlobUploadOptions
            {
                TransferOptions = new StorageTransferOptions
                {
                    InitialTransferSize = 1024 * 1024,
                    MaximumTransferSize = 4 * 1024 * 1024,
                    MaximumConcurrency = 4,
                },
            },
            Cancelled);

        var data = TheEvent().GetProperty("data");
        Assert.Equal("PutBlockList", data.GetProperty("api").GetString());
        Assert.Equal(bytes.Length, data.GetProperty("contentLength").GetInt64());
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData((await blob.DownloadContentAsync(Cancelled)).Value.Content.ToMemory().Span));
    }

    [Theory]
    [InlineData("with space.onnx")]
    [InlineData("plus+plus.onnx")]
    [InlineData("percent%20sign.onnx")]
    [InlineData("umläut/日本.onnx")]
    [InlineData("a&b=c?d#e;f'(g)!.onnx")]
    [InlineData("models/tiny/1.0 (final)/slmops.json")]
    public async Task Upload_UnusualName_SignaturesHoldAndTheNameArrives(string name)
    {
        var blob = _container.GetBlobClient(name);

        await blob.UploadAsync(BinaryData.FromString("x"), Cancelled);

        Assert.Equal("x", (await blob.DownloadContentAsync(Cancelled)).Value.Content.ToString());
        Assert.Equal(
            $"/blobServices/default/containers/{_container.Name}/blobs/{name}", TheEvent().GetProperty("subject").GetString());
    }

    [Fact]
    public async Task Upload_WithSharedAccessSignature_RaisesEvent()
    {
        var signed = _container.GetBlobClient("by sas+.bin").GenerateSasUri(
            BlobSasPermissions.Create | BlobSasPermissions.Write, TimeProvider.System.GetUtcNow().AddHours(1));

        await new BlobClient(signed).UploadAsync(BinaryData.FromString("x"), Cancelled);

        Assert.EndsWith("/blobs/by sas+.bin", TheEvent().GetProperty("subject").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", TheEvent().GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uploads_TwoAtOnce_RaiseOneEventEach()
    {
        await Task.WhenAll(
            _container.GetBlobClient("one").UploadAsync(new BinaryData(new byte[3_000_000]), Cancelled),
            _container.GetBlobClient("two").UploadAsync(new BinaryData(new byte[3_000_000]), Cancelled));

        Assert.Equal(["one", "two"], _events.Select(e => e.GetProperty("subject").GetString()!.Split('/')[^1]).Order());
    }

    [Fact]
    public async Task DeleteAndCopy_Succeed_RaiseTheirEventsInOrder()
    {
        var blob = _container.GetBlobClient("first");
        await blob.UploadAsync(BinaryData.FromString("hello"), Cancelled);
        await (
            await _container.GetBlobClient("second").StartCopyFromUriAsync(blob.Uri, cancellationToken: Cancelled)
        ).WaitForCompletionAsync(Cancelled);
        await blob.DeleteAsync(cancellationToken: Cancelled);

        var all = _events.ToArray();
        Assert.Equal(["PutBlob", "CopyBlob", "DeleteBlob"], all.Select(e => e.GetProperty("data").GetProperty("api").GetString()));
        Assert.Equal(5, all[1].GetProperty("data").GetProperty("contentLength").GetInt64());
        Assert.Equal("Microsoft.Storage.BlobDeleted", all[2].GetProperty("type").GetString());
        Assert.False(all[2].GetProperty("data").TryGetProperty("contentLength", out _));
        var sequence = all.Select(e => e.GetProperty("data").GetProperty("sequencer").GetString()!).ToArray();
        Assert.Equal(sequence.Order(StringComparer.Ordinal), sequence);
    }

    [Fact]
    public async Task Requests_ThatChangeNoBlobContent_RaiseNothing()
    {
        var blob = _container.GetBlobClient("kept");
        await blob.UploadAsync(BinaryData.FromString("x"), Cancelled);
        _events.Clear();

        await blob.SetMetadataAsync(new Dictionary<string, string> { ["a"] = "b" }, cancellationToken: Cancelled);
        var snapshot = await blob.CreateSnapshotAsync(cancellationToken: Cancelled);
        await blob.WithSnapshot(snapshot.Value.Snapshot).DeleteAsync(cancellationToken: Cancelled);
        await _container
            .GetBlockBlobClient("staged")
            .StageBlockAsync(Convert.ToBase64String(new byte[8]), new MemoryStream(new byte[10]), cancellationToken: Cancelled);
        await blob.GetPropertiesAsync(cancellationToken: Cancelled);
        var lease = _container.GetBlobClient("kept").GetBlobLeaseClient();
        await lease.AcquireAsync(TimeSpan.FromSeconds(15), cancellationToken: Cancelled);
        var conflict = await Assert.ThrowsAsync<RequestFailedException>(() =>
            blob.UploadAsync(BinaryData.FromString("y"), overwrite: false, Cancelled));

        Assert.Equal(409, conflict.Status);
        Assert.Empty(_events);
    }

    [Fact]
    public async Task Upload_EventCannotBeRaised_ClientIsToldToTryAgain()
    {
        _refuse = true;
        var error = await Assert.ThrowsAsync<RequestFailedException>(
            () => _container.GetBlobClient("lost").UploadAsync(BinaryData.FromString("x"), overwrite: true, Cancelled));
        _refuse = false;
        await _container.GetBlobClient("lost").UploadAsync(BinaryData.FromString("x"), overwrite: true, Cancelled);

        Assert.Equal(503, error.Status);
        Assert.Single(_events);
    }

    [Fact]
    public async Task Upload_RequestCarriesTraceparent_EventJoinsTheTrace()
    {
        using var listener = LocalTelemetry.Listen();
        var signed = _container
            .GetBlobClient("traced")
            .GenerateSasUri(BlobSasPermissions.Create, TimeProvider.System.GetUtcNow().AddHours(1));
        using var http = LoopbackWeb.Client();
        using var request = new HttpRequestMessage(HttpMethod.Put, signed)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("x")),
            Headers = { { "x-ms-blob-type", "BlockBlob" }, { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } },
        };
        using var answer = await http.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.StartsWith(
            "00-0af7651916cd43dd8448eb211c80319c-",
            TheEvent().GetProperty("traceparent").GetString(),
            StringComparison.Ordinal);
    }
}
