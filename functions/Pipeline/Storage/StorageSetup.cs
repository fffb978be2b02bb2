using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace SlmOps.Pipeline.Storage;

/// <summary>Makes what the pipeline needs where no deployment made it: on one machine.</summary>
internal sealed class StorageSetup(
    BlobServiceClient blobs, QueueServiceClient queues, TableServiceClient tables, IReadOnlyList<string> queueNames) : StartupStep
{
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var container in Containers.All)
        {
            await blobs
                .GetBlobContainerClient(container)
                .CreateIfNotExistsAsync(cancellationToken: cancellationToken)
                .ConfigureAwait(false);
        }

        foreach (var queue in queueNames)
        {
            await queues.GetQueueClient(queue).CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        foreach (var table in Tables.All)
        {
            await tables.CreateTableIfNotExistsAsync(table, cancellationToken).ConfigureAwait(false);
        }
    }
}
