using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Keeps a message invisible while its function runs, and remembers the receipt that owns it.</summary>
internal sealed class QueueLease : IAsyncDisposable
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    private readonly QueueClient _queue;
    private readonly QueueMessage _message;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop;
    private readonly Task _renewal;

    public QueueLease(
        QueueClient queue, QueueMessage message, TimeSpan duration, TimeProvider time, CancellationToken abandoned)
    {
        _queue = queue;
        _message = message;
        _duration = duration;
        _time = time;
        PopReceipt = message.PopReceipt;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(abandoned);
        _renewal = RenewAsync(_stop.Token);
    }

    /// <summary>The receipt of the last renewal.</summary>
    public string PopReceipt { get; private set; }

    /// <summary>Ends the renewal; the message stays invisible for what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewal;
        _stop.Dispose();
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var pause = _duration / 2;
        while (true)
        {
            try
            {
                await Task.Delay(pause, _time, cancellationToken);
                // Not cancelled half way: a renewal whose answer is lost would leave us with a receipt that is no longer valid.
                var receipt = await _queue.UpdateMessageAsync(
                    _message.MessageId, PopReceipt, messageText: null, _duration, CancellationToken.None);
                PopReceipt = receipt.Value.PopReceipt;
                pause = _duration / 2;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (RequestFailedException e) when (e.Status is >= 400 and < 500)
            {
                // Another holder has it, or it is gone: the completion will find out the same.
                return;
            }
            catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
            {
                pause = _duration / 10 < LongestRetry ? _duration / 10 : LongestRetry;
            }
        }
    }
}
