using Azure;
using Azure.Storage.Queues;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Reads how full the queues and their poison queues are, for the gauge.</summary>
internal sealed class QueueDepth(IReadOnlyList<QueueListener> listeners, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken stop)
    {
        var queues = listeners.SelectMany(listener => new[] { listener.Queue, listener.PoisonQueue }).OfType<QueueClient>().ToArray();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var queue in queues)
                {
                    await ReadAsync(queue, stop);
                }

                await Task.Delay(Interval, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private static async Task ReadAsync(QueueClient queue, CancellationToken stop)
    {
        try
        {
            HostDiagnostics.QueueDepth(queue.Name, (await queue.GetPropertiesAsync(stop)).Value.ApproximateMessagesCountLong);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            HostDiagnostics.QueueGone(queue.Name);
        }
    }
}
