using System.Buffers;
using System.Text.Json;

namespace SlmOps.Local.StorageProxy;

/// <summary>What is known of a blob after the request.</summary>
internal sealed record BlobFacts(string ContentType, long ContentLength, string BlobType, string? AccessTier);

/// <summary>Ids and versions of the request, as storage answered it.</summary>
internal sealed record RequestFacts(string RequestId, string? ClientRequestId, string ETag);

/// <summary>Writes Microsoft.Storage.BlobCreated and BlobDeleted as CloudEvents, as the storage account of a subscription does.</summary>
internal static class BlobEvent
{
    public static string SourceOf(string account) =>
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/slmops-local"
        + $"/providers/Microsoft.Storage/storageAccounts/{account}";

    public static JsonElement Write(
        BlobOperation operation,
        RequestFacts request,
        BlobFacts? blob,
        Uri publicUrl,
        string sequencer,
        DateTimeOffset time,
        string traceparent)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", Guid.NewGuid());
            json.WriteString("source", SourceOf(operation.Account));
            json.WriteString("type", operation.Deletes ? "Microsoft.Storage.BlobDeleted" : "Microsoft.Storage.BlobCreated");
            json.WriteString("subject", $"/blobServices/default/containers/{operation.Container}/blobs/{operation.Blob}");
            json.WriteString("time", time);
            json.WriteString("traceparent", traceparent);
            json.WriteStartObject("data");
            json.WriteString("api", operation.Api);
            if (request.ClientRequestId is not null)
            {
                json.WriteString("clientRequestId", request.ClientRequestId);
            }

            json.WriteString("requestId", request.RequestId);
            WriteBlob(json, request, blob);
            json.WriteString("url", new Uri(publicUrl, operation.RawPath).AbsoluteUri);
            json.WriteString("sequencer", sequencer);
            json.WriteStartObject("storageDiagnostics");
            json.WriteString("batchId", Guid.NewGuid());
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void WriteBlob(Utf8JsonWriter json, RequestFacts request, BlobFacts? blob)
    {
        // Event Grid gives the ETag without quotes.
        if (request.ETag.Length > 0)
        {
            json.WriteString("eTag", request.ETag.Trim('"'));
        }

        if (blob is null)
        {
            return;
        }

        json.WriteString("contentType", blob.ContentType);
        json.WriteNumber("contentLength", blob.ContentLength);
        json.WriteString("blobType", blob.BlobType);
        if (blob.AccessTier is not null)
        {
            json.WriteString("accessTier", blob.AccessTier);
        }
    }
}
