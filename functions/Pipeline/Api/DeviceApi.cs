using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Api;

/// <summary>What devices ask for over HTTP. Model bytes never pass through here: they come from storage.</summary>
internal sealed class DeviceApi(
    BlobServiceClient blobs, BlobLinks links, DeviceStore devices, TelemetryStage telemetry, TimeProvider time)
{
    private readonly BlobContainerClient _channels = blobs.GetBlobContainerClient(Containers.Channels);
    private readonly BlobContainerClient _packages = blobs.GetBlobContainerClient(Containers.Packages);

    /// <summary>The signed channel document, or 304 when the caller has it.</summary>
    internal async Task<IResult> ChannelAsync(HttpRequest request, ChannelName channel, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult document = await _channels.GetBlobClient(ChannelPublisher.BlobOf(channel))
                .DownloadContentAsync(cancellationToken).ConfigureAwait(false);
            var etag = document.Details.ETag.ToString("H");
            request.HttpContext.Response.Headers.ETag = etag;
            return EntityTags.NoneMatchNames(request, etag)
                ? Results.StatusCode(StatusCodes.Status304NotModified)
                : Results.Bytes(document.Content.ToMemory(), document.Details.ContentType);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return Results.Problem($"Nothing was released to the channel '{channel}' yet.", statusCode: 404);
        }
    }

    /// <summary>A short-lived link to one blob of a package.</summary>
    internal async Task<IResult> BlobAsync(string digest, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse(digest, out var wanted))
        {
            return Results.Problem("The address is not a digest; expected sha256: and 64 hexadecimal digits.", statusCode: 400);
        }

        var blob = _packages.GetBlobClient(ContainerBlobStore.NameOf(wanted));
        return await blob.ExistsAsync(cancellationToken).ConfigureAwait(false)
            ? Results.Redirect((await links.ReadAsync(blob, cancellationToken).ConfigureAwait(false)).ToString())
            : Results.Problem($"There is no blob {wanted}.", statusCode: 404);
    }

    internal async Task<IResult> ReportsAsync(HttpRequest request, EnrolledDevice device, CancellationToken cancellationToken)
    {
        if (request.ContentLength > ReportLimits.BatchBytes)
        {
            return TooLong();
        }

        DeviceReportBatch? batch;
        try
        {
            using var body = new BoundedStream(request.Body, ReportLimits.BatchBytes);
            batch = await JsonSerializer.DeserializeAsync(
                body, ContractsJson.Default.DeviceReportBatch, cancellationToken).ConfigureAwait(false);
        }
        catch (BodyTooLongException)
        {
            return TooLong();
        }
        catch (JsonException fault)
        {
            return Refuse(ReportPolicy.Unread(fault));
        }

        var lastSeq = await devices.LastSeqAsync(device.Channel, device.Id, cancellationToken).ConfigureAwait(false);
        if (ReportPolicy.Refuse(device.Id, device.Channel, batch, lastSeq, time.GetUtcNow()) is { } refusal)
        {
            return Refuse(refusal);
        }

        var receipt = await telemetry.RunAsync(device.Id, device.Channel, batch!.Reports, cancellationToken).ConfigureAwait(false);
        return Results.Text(JsonSerializer.Serialize(receipt, ContractsJson.Default.DeviceReportReceipt), "application/json");
    }

    private static IResult TooLong() => Problem.Of(
        StatusCodes.Status413PayloadTooLarge, "too-large", $"A batch has at most {ReportLimits.BatchBytes} bytes.");

    private static IResult Refuse(ReportRefusal refusal) => Results.Problem(
        $"{refusal.Field}: {refusal.Why}.",
        statusCode: 400,
        extensions: new Dictionary<string, object?> { ["code"] = "report-refused", ["field"] = refusal.Field });
}
