using Azure.Storage.Queues;

namespace SlmOps.Local;

/// <summary>What a storage queue takes, and how this project talks to one.</summary>
internal static class QueueLimits
{
    /// <summary>Largest message text, in bytes of UTF-8.</summary>
    public const int MaxMessageBytes = 64 * 1024;

    /// <summary>A client that leaves message texts as they are; encoding is the caller's business.</summary>
    public static QueueClient Client(string connectionString, string queue) => new(
        connectionString, queue, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None });
}
