using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using SlmOps.Contracts;
using SlmOps.Packaging.Certificates;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>The service and its storage on one real Kestrel server; storage answers under another path, as a redirect.</summary>
internal sealed class Service : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly LocalSigningKey _fleet = LocalSigningKey.CreateInMemory();
    private string? _etag;
    private bool _stopped;
    private byte[]? _channel;

    private Service(WebApplication app, FolderBlobStore store)
    {
        _app = app;
        Store = store;
    }

    internal Uri Url { get; private set; } = new("http://127.0.0.1/");

    internal FolderBlobStore Store { get; }

    internal ConcurrentQueue<DeviceReport> Reports { get; } = new();

    /// <summary>Method, path, range and key of every request.</summary>
    internal ConcurrentQueue<(
        string Path,
        string? Range,
        string? IfMatch,
        string? Key,
        string? Traceparent,
        string? IfNoneMatch)> Requests
    { get; } = new();

    /// <summary>Answers a request for a blob in storage itself when it returns true.</summary>
    internal Func<HttpContext, Digest, Task<bool>>? OnBlob { get; set; }

    /// <summary>The metadata files by name.</summary>
    internal ConcurrentDictionary<string, byte[]> Metadata { get; set; } = new();

    /// <summary>Answers a request for a metadata file itself when it returns true.</summary>
    internal Func<HttpContext, string, Task<bool>>? OnMetadata { get; set; }

    /// <summary>Answers a batch of reports itself when it returns true.</summary>
    internal Func<HttpContext, Task<bool>>? OnReports { get; set; }

    internal void Publish(byte[] envelope) => (_channel, _etag) = (envelope, $"\"{Digest.Of(envelope).Hex}\"");

    internal static async Task<Service> StartAsync(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        var app = builder.Build();
        var service = new Service(app, new FolderBlobStore(folder));
        app.Use((context, next) =>
        {
            var headers = context.Request.Headers;
            service.Requests.Enqueue((
                context.Request.Path.Value!, headers.Range.FirstOrDefault(), headers.IfMatch.FirstOrDefault(),
                headers.Authorization.FirstOrDefault(), headers.TraceParent.FirstOrDefault(), headers.IfNoneMatch.FirstOrDefault()));
            if (!context.Request.Path.StartsWithSegments("/storage") && service.OnCall?.Invoke(context) is { } refusal)
            {
                var code = new Dictionary<string, object?> { ["code"] = refusal.Code };
                return Results.Problem(statusCode: refusal.Status, extensions: code).ExecuteAsync(context);
            }

            return next(context);
        });
        app.MapPost("/api/v1/enroll", service.EnrolAsync);
        app.MapGet("/api/v1/channels/{channel}", service.Channel);
        app.MapGet("/api/v1/metadata/{file}", service.MetadataAsync);
        app.MapGet("/api/v1/blobs/{digest}", (string digest) => Results.Redirect($"/storage/{digest}?sig=secret"));
        app.MapGet("/storage/{digest}", service.BlobAsync);
        app.MapPost("/api/v1/devices/{id}/reports", service.ReportsAsync);
        await app.StartAsync();
        service.Url = new(app.Urls.First() + "/");
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>Refuses a call of a device when it gives a status and a code.</summary>
    internal Func<HttpContext, (int Status, string Code)?>? OnCall { get; set; }

    /// <summary>What every enrolment asked for.</summary>
    internal ConcurrentQueue<EnrolmentRequest> Enrolments { get; } = new();

    /// <summary>When certificates are made, for how long.</summary>
    internal (DateTimeOffset From, TimeSpan Life) Certificates { get; set; } = (Bench.Start, TimeSpan.FromDays(3650));

    /// <summary>A batch that somebody else reads as well.</summary>
    internal static async Task<DeviceReportBatch> PeekAsync(HttpContext context)
    {
        context.Request.EnableBuffering();
        var batch = await JsonSerializer.DeserializeAsync(context.Request.Body, ContractsJson.Default.DeviceReportBatch);
        context.Request.Body.Position = 0;
        return batch!;
    }

    private async Task EnrolAsync(HttpContext context)
    {
        var asked = await JsonSerializer.DeserializeAsync(context.Request.Body, ContractsJson.Default.EnrolmentRequest);
        Enrolments.Enqueue(asked!);
        var (from, life) = Certificates;
        var request = DeviceRequest.Read(Convert.FromBase64String(asked!.Request));
        var authority = await FleetCertificates.AuthorityAsync(_fleet, from.AddDays(-1), from + (2 * life), CancellationToken.None);
        var certificate = await FleetCertificates.IssueAsync(authority, _fleet, request, from, from + life, CancellationToken.None);
        await JsonSerializer.SerializeAsync(
            context.Response.Body,
            new(
                asked.Channel, Convert.ToBase64String(certificate), Convert.ToBase64String(authority), "slmops:test",
                from + (life * 2 / 3), from + life),
            ContractsJson.Default.EnrolmentAnswer);
    }

    private IResult Channel(HttpContext context) => _channel is null ? Results.NotFound()
        : context.Request.Headers.IfNoneMatch == _etag ? Results.StatusCode(304)
        : Results.Bytes(_channel, "application/json", entityTag: new(_etag!));

    private async Task MetadataAsync(HttpContext context, string file)
    {
        if (OnMetadata is { } special && await special(context, file))
        {
            return;
        }

        var result = Metadata.TryGetValue(file, out var bytes) ? Results.Bytes(bytes, "application/json") : Results.NotFound();
        await result.ExecuteAsync(context);
    }

    private async Task BlobAsync(HttpContext context, string digest)
    {
        var wanted = Digest.Parse(digest);
        if (OnBlob is { } special && await special(context, wanted))
        {
            return;
        }

        var result = File.Exists(Store.PathOf(wanted))
            ? Results.File(Store.PathOf(wanted), enableRangeProcessing: true, entityTag: EntityTagHeaderValue.Parse($"\"{wanted.Hex}\""))
            : Results.NotFound();
        await result.ExecuteAsync(context);
    }

    private async Task ReportsAsync(HttpContext context)
    {
        if (OnReports is { } special && await special(context))
        {
            return;
        }

        var batch = await JsonSerializer.DeserializeAsync(context.Request.Body, ContractsJson.Default.DeviceReportBatch);
        foreach (var report in batch!.Reports)
        {
            Reports.Enqueue(report);
        }

        await JsonSerializer.SerializeAsync(
            context.Response.Body, new DeviceReportReceipt(batch.Reports[^1].Seq), ContractsJson.Default.DeviceReportReceipt);
    }
}
