using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline;

/// <summary>
/// Works off one message of a stage's queue as the Functions host would, for a program that is started for each: the message stays
/// invisible while it is worked on, is gone afterwards, and lies in the poison queue once it failed five times.
/// </summary>
public sealed class QueueJob
{
    // What host.json says for the host.
    private const int MostTries = 5;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly PipelineFlow _flow;
    private readonly QueueServiceClient _queues;
    private readonly TimeProvider _time;
    private readonly ILogger<QueueJob> _log;

    internal QueueJob(PipelineFlow flow, QueueServiceClient queues, TimeProvider time, ILogger<QueueJob> log) =>
        (_flow, _queues, _time, _log) = (flow, queues, time, log);

    /// <summary>Takes the next message, if there is one.</summary>
    /// <param name="stage">A stage that works on runs.</param>
    /// <param name="cancellationToken">Ends the work; the message comes again.</param>
    public async Task<QueueJobOutcome> RunAsync(string stage, CancellationToken cancellationToken)
    {
        var step = Flow.Find(stage);
        var queue = _queues.GetQueueClient(step.Queue);
        QueueMessage? message = await queue.ReceiveMessageAsync(Lease, cancellationToken).ConfigureAwait(false);
        if (message is null)
        {
            return QueueJobOutcome.NothingToDo;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lease = KeepAsync(queue, message, lost, ended.Token);
        Exception? failure = null;
        try
        {
            await _flow.StageAsync(stage, message.Body.ToString(), lost.Token).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            failure = fault;
        }

        await ended.CancelAsync().ConfigureAwait(false);
        var receipt = await lease.ConfigureAwait(false);
        if (failure is null)
        {
            await queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None).ConfigureAwait(false);
            return QueueJobOutcome.Done;
        }

        Log.JobFailed(_log, stage, message.DequeueCount, failure);
        await GiveBackAsync(step, queue, message, receipt).ConfigureAwait(false);
        return QueueJobOutcome.Failed;
    }

    /// <summary>Keeps the message invisible; who has lost it to somebody else stops working on it.</summary>
    /// <returns>The receipt that it can be deleted with.</returns>
    private async Task<string> KeepAsync(QueueClient queue, QueueMessage message, CancellationTokenSource lost, CancellationToken ended)
    {
        var receipt = message.PopReceipt;
        try
        {
            using var timer = new PeriodicTimer(Lease / 4, _time);
            while (await timer.WaitForNextTickAsync(ended).ConfigureAwait(false))
            {
                receipt = (await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: Lease, cancellationToken: ended)
                    .ConfigureAwait(false)).Value.PopReceipt;
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The work has ended.
        }
        catch (RequestFailedException)
        {
            await lost.CancelAsync().ConfigureAwait(false);
        }

        return receipt;
    }

    private async Task GiveBackAsync(FlowStep step, QueueClient queue, QueueMessage message, string receipt)
    {
        if (message.DequeueCount >= MostTries && Flow.PoisonQueueOf(step) is { } poison)
        {
            await _queues.GetQueueClient(poison).SendMessageAsync(message.Body, cancellationToken: CancellationToken.None)
                .ConfigureAwait(false);
            await queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: Again, cancellationToken: CancellationToken.None)
            .ConfigureAwait(false);
    }
}

/// <summary>What became of one look at a queue.</summary>
public enum QueueJobOutcome
{
    /// <summary>There was no message.</summary>
    NothingToDo,

    /// <summary>A message was worked off.</summary>
    Done,

    /// <summary>The work on it failed: it comes again, or lies in the poison queue.</summary>
    Failed,
}
