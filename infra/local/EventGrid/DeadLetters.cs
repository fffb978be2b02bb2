using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace SlmOps.Local.EventGrid;

/// <summary>Writes events that could not be delivered as blobs <c>SUBSCRIPTION/2025/11/24/6/{guid}.json</c>.</summary>
internal sealed class DeadLetters(string connectionString)
{
    private readonly BlobServiceClient _service = new(connectionString);

    /// <exception cref="RequestFailedException">When storage refuses.</exception>
    public async Task WriteAsync(
        EventSubscription subscription, Delivery delivery, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var container = _service.GetBlobContainerClient(subscription.DeadLetterContainer);
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"{subscription.Name.ToUpperInvariant()}/{now.Year}/{now.Month}/{now.Day}/{now.Hour}/{Guid.NewGuid()}.json");
        var content = BinaryData.FromBytes(Render(subscription.Schema, delivery, reason, now));
        var options = new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" } };
        try
        {
            await container.GetBlobClient(name).UploadAsync(content, options, cancellationToken);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await container.GetBlobClient(name).UploadAsync(content, options, cancellationToken);
        }
    }

    /// <summary>The event in an array, with what happened to it; names in lower case in CloudEvents, whose attributes must be.</summary>
    internal static byte[] Render(DeliverySchema schema, Delivery delivery, string reason, DateTimeOffset now)
    {
        var lower = schema == DeliverySchema.CloudEventSchemaV1_0;
        using var document = JsonDocument.Parse(
            lower ? delivery.Event.Body.GetRawText() : EventGridSchema.FromCloudEvent(delivery.Event.Body));
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            json.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                property.WriteTo(json);
            }

            json.WriteString(Name("deadLetterReason"), reason);
            json.WriteNumber(Name("deliveryAttempts"), delivery.Attempts);
            json.WriteString(Name("lastDeliveryOutcome"), delivery.LastOutcome);
            json.WriteString(Name("publishTime"), delivery.AcceptedAt);
            json.WriteString(Name("lastDeliveryAttemptTime"), delivery.LastAttempt ?? now);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();

        string Name(string camel) => lower ? camel.ToLowerInvariant() : camel;
    }
}
