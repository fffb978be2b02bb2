using System.Collections.Concurrent;
using System.Text;
using Azure;
using Azure.Storage.Queues;

namespace SlmOps.Local.EventGrid;

/// <summary>One attempt to put an event into a storage queue: Base64 of one JSON event, as Event Grid writes it.</summary>
internal sealed class QueueSender(string connectionString, Action<string>? filled)
{
    private readonly ConcurrentDictionary<string, QueueClient> _queues = new();

    public async Task<DeliveryOutcome> SendAsync(
        EventSubscription subscription, string queue, AcceptedEvent item, CancellationToken cancellationToken)
    {
        var json = subscription.Schema == DeliverySchema.EventGridSchema
            ? EventGridSchema.FromCloudEvent(item.Body)
            : item.Body.GetRawText();
        var message = Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
        if (message.Length > QueueLimits.MaxMessageBytes)
        {
            return new(DeliveryKind.Final, "MessageTooLarge");
        }

        try
        {
            var client = _queues.GetOrAdd(queue, name => QueueLimits.Client(connectionString, name));
            await SendAsync(client, message, cancellationToken);
            filled?.Invoke(queue);
            return DeliveryOutcome.Success;
        }
        catch (RequestFailedException e)
        {
            return new(DeliveryKind.Retriable, e.ErrorCode ?? $"Status{e.Status}");
        }
        catch (Exception e) when (e is AggregateException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new(DeliveryKind.Retriable, "StorageUnreachable");
        }
    }

    private static async Task SendAsync(QueueClient client, string message, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendMessageAsync(message, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            await client.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await client.SendMessageAsync(message, cancellationToken);
        }
    }
}
