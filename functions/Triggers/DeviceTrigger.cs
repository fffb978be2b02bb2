using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>What devices call; who they are is decided in the app, by the tokens that their enrolled keys sign.</summary>
public sealed class DeviceTrigger(DeviceFlow flow)
{
    [Function("Channel")]
    public Task<IResult> Channel(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/channels/{channel}")] HttpRequest request,
        string channel,
        CancellationToken cancellationToken) => flow.ChannelAsync(request, channel, cancellationToken);

    [Function("Metadata")]
    public Task<IResult> Metadata(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/metadata/{file}")] HttpRequest request,
        string file,
        CancellationToken cancellationToken) => flow.MetadataAsync(request, file, cancellationToken);

    [Function("Blob")]
    public Task<IResult> Blob(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/blobs/{digest}")] HttpRequest request,
        string digest,
        CancellationToken cancellationToken) => flow.BlobAsync(request, digest, cancellationToken);

    [Function("Reports")]
    public Task<IResult> Reports(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/devices/{device}/reports")] HttpRequest request,
        string device,
        CancellationToken cancellationToken) => flow.ReportsAsync(request, device, cancellationToken);

    [Function("Enroll")]
    public Task<IResult> Enroll(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/enroll")] HttpRequest request,
        CancellationToken cancellationToken) => flow.EnrollAsync(request, cancellationToken);
}
