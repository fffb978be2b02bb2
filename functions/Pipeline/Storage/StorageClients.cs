using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Messaging.EventGrid;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using SlmOps.Pipeline.Outbox;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// Makes the Azure clients from the same settings that the Functions host reads for its bindings: a connection string
/// <c>SlmOpsStorage</c>, or <c>SlmOpsStorage:blobServiceUri</c> and its siblings with an identity.
/// </summary>
internal static class StorageClients
{
    internal const string Connection = "SlmOpsStorage";
    internal const string Events = "SlmOpsEvents";

    internal static TokenCredential Credential(IConfiguration configuration) =>
        configuration[$"{Connection}:clientId"] is { Length: > 0 } clientId
            ? new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(clientId))
            : new DefaultAzureCredential();

    internal static BlobServiceClient Blobs(IConfiguration configuration, TokenCredential credential) =>
        configuration[Connection] is { Length: > 0 } text
            ? new(text)
            : new(Required(configuration, $"{Connection}:blobServiceUri"), credential);

    internal static QueueServiceClient Queues(IConfiguration configuration, TokenCredential credential)
    {
        // The host decodes Base64, so what goes on a queue must be Base64 too.
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        return configuration[Connection] is { Length: > 0 } text
            ? new(text, options)
            : new(Required(configuration, $"{Connection}:queueServiceUri"), credential, options);
    }

    internal static TableServiceClient Tables(IConfiguration configuration, TokenCredential credential) =>
        configuration[Connection] is { Length: > 0 } text
            ? new(text)
            : new(Required(configuration, $"{Connection}:tableServiceUri"), credential);

    internal static EventGridPublisherClient Publisher(IConfiguration configuration, TokenCredential credential)
    {
        var endpoint = Required(configuration, $"{Events}:topicEndpoint");
        return configuration[$"{Events}:topicKey"] is { Length: > 0 } key
            ? new(endpoint, new AzureKeyCredential(key))
            : new(endpoint, credential);
    }

    private static Uri Required(IConfiguration configuration, string key) =>
        Uri.TryCreate(configuration[key], UriKind.Absolute, out var uri)
            ? uri
            : throw new InvalidOperationException($"The setting {key} is missing or not a URL.");
}
