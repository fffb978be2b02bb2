using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local.StorageProxy;
using SlmOps.Local.Tests.Workers;

namespace SlmOps.Local.Tests;

/// <summary>A body that never comes to its end is not waited for.</summary>
public sealed class LoopbackWebTests(SharedAzurite azurite)
{
    // The web server takes none below its own clock of a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Body_ThatStops_Is408()
    {
        await using var app = LoopbackWeb.Build(
            0, NullLoggerFactory.Instance, limits: limits => limits.MinRequestBodyDataRate = LoopbackWeb.BodyRate(Patience));
        app.Run(async context => await BoundedBody.ReadAsync(context.Request, 100, context.RequestAborted));
        await app.StartAsync(Cancelled);

        Assert.StartsWith("HTTP/1.1 408 ", await StopInTheBodyAsync(LoopbackWeb.AddressOf(app), "POST", "/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatStopsBeforeTheStorageProxy_Is408()
    {
        await using var proxy = await BlobProxy.StartAsync(
            new(azurite.Endpoints.Blob, azurite.ConnectionString, _ => { }) { BodyPatience = Patience },
            TimeProvider.System, NullLoggerFactory.Instance, Cancelled);

        var answer = await StopInTheBodyAsync(proxy.Url, "PUT", "/devstoreaccount1/drop/x.onnx", "x-ms-blob-type: BlockBlob");

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatStopsBeforeAFunction_Is408()
    {
        await using var app = await ForeignApp.StartAsync(azurite, bodyPatience: Patience, more: ("AzureWebJobs.Clock.Disabled", "true"));

        Assert.StartsWith("HTTP/1.1 408 ", await StopInTheBodyAsync(app.Host.Url, "POST", "/api/things/1"), StringComparison.Ordinal);
    }

    /// <summary>Sends the head of a request and the beginning of its body, and reads the first line of the answer.</summary>
    private static async Task<string> StopInTheBodyAsync(Uri url, string method, string path, string header = "Accept: */*")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, Cancelled);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nContent-Length: 100\r\n\r\nbeginning"), Cancelled);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(Cancelled).AsTask().SoonAsync() ?? "";
    }
}
