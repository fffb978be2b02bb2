using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace SlmOps.Pipeline.Storage;

/// <summary>Makes what the pipeline needs where no deployment made it: on one machine.</summary>
internal sealed class StorageSetup(
    BlobServiceClient blobs, QueueServiceClient queues, TableServiceClient tables, IReadOnlyList<string> queueNames) : StartupStep
{
    // All at once: whoever starts a platform waits for it.
    public override Task StartingAsync(CancellationToken cancellationToken) => Task.WhenAll(
    [
        .. Containers.All.Select(container =>
            (Task)blobs.GetBlobContainerClient(container).CreateIfNotExistsAsync(cancellationToken: cancellationToken)),
        .. queueNames.Select(queue => queues.GetQueueClient(queue).CreateIfNotExistsAsync(cancellationToken: cancellationToken)),
        .. Tables.All.Select(table => tables.CreateTableIfNotExistsAsync(table, cancellationToken)),
    ]);
}
