using System.Diagnostics;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace SlmOps.Local.StorageProxy;

/// <summary>
/// Forwards the request exactly as it was signed, and raises its event after storage has done it and before the
/// client hears of it: what is acknowledged always has its event.
/// </summary>
internal sealed class RaisingTransformer(
    BlobProxyOptions options, Func<Uri> publicUrl, TimeProvider time, ILogger log) : HttpTransformer
{
    private static readonly ActivitySource Activities = new(LocalTelemetry.StorageProxy);

    private readonly BlobServiceClient _storage = new(options.TargetConnectionString);
    private readonly Sequencer _sequencer = new(time);
    private readonly string _target = options.Target.GetLeftPart(UriPartial.Authority);

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        // Signatures cover the path as it was written and, for some clients, the host.
        var rawTarget = httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        proxyRequest.RequestUri = new Uri(
            _target + rawTarget, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        proxyRequest.Headers.Host = httpContext.Request.Host.Value;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is { IsSuccessStatusCode: true } && Recognise(httpContext.Request) is { } operation)
        {
            try
            {
                // The client may be gone by now; storage has done the work all the same.
                await RaiseAsync(httpContext.Request, proxyResponse, operation, CancellationToken.None);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                log.EventNotRaised(e, operation.Api, operation.Container, operation.Blob);
                httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                httpContext.Response.Headers["x-ms-error-code"] = "ServerBusy";
                return false;
            }
        }

        return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }

    private static BlobOperation? Recognise(HttpRequest request) => BlobOperation.Recognise(
        request.Method,
        request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        request.Query,
        name => Header(request, name));

    private async Task RaiseAsync(
        HttpRequest request, HttpResponseMessage response, BlobOperation operation, CancellationToken cancellationToken)
    {
        ActivityContext.TryParse(Header(request, "traceparent"), null, isRemote: true, out var parent);
        using var activity = Activities.StartActivity(operation.Api, ActivityKind.Producer, parent);
        activity?.SetTag("container", operation.Container).SetTag("blob", operation.Blob);
        var facts = new RequestFacts(
            Value(response, "x-ms-request-id") ?? Guid.NewGuid().ToString(),
            Header(request, "x-ms-client-request-id"),
            response.Headers.ETag?.Tag ?? "");
        var blob = operation.Deletes ? null
            : operation.DescribesItself ? FromRequest(request)
            : await FromStorageAsync(operation, facts, cancellationToken);
        options.Raise(BlobEvent.Write(
            operation, facts, blob, publicUrl(), _sequencer.Next(), time.GetUtcNow(), LocalTelemetry.Traceparent(activity, parent)));
    }

    private static BlobFacts FromRequest(HttpRequest request) => new(
        Header(request, "x-ms-blob-content-type") ?? request.ContentType ?? "application/octet-stream",
        long.TryParse(Header(request, "x-ms-blob-content-length"), out var pages) ? pages : request.ContentLength ?? 0,
        Header(request, "x-ms-blob-type") ?? "BlockBlob",
        Header(request, "x-ms-access-tier"));

    private async Task<BlobFacts?> FromStorageAsync(
        BlobOperation operation, RequestFacts facts, CancellationToken cancellationToken)
    {
        var client = _storage.GetBlobContainerClient(operation.Container).GetBlobClient(operation.Blob);
        try
        {
            var conditions = facts.ETag.Length > 0 ? new BlobRequestConditions { IfMatch = new ETag(facts.ETag) } : null;
            var properties = (await client.GetPropertiesAsync(conditions, cancellationToken)).Value;
            return new(properties.ContentType, properties.ContentLength, $"{properties.BlobType}Blob", properties.AccessTier);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            // Replaced or deleted since: the event of that change follows, and this one tells what is still known.
            return null;
        }
    }

    private static string? Header(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    private static string? Value(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
