using System.Security.Cryptography;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Feeds one function from its queue as the real host does.</summary>
internal sealed class QueueListener
{
    private const string PoisonSuffix = "-poison";
    private const int MaxQueueName = 63;

    private readonly FunctionDescriptor _function;
    private readonly QueueForm _form;
    private readonly Func<CancellationToken, Task> _ready;
    private readonly HostSettings _settings;
    private readonly TimeSpan _lease;
    private readonly Invoker _invoker;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationToken _abandoned;
    private readonly QueueClient _queue;
    private readonly QueueClient? _poison;
    private readonly Pulse _filled = new();

    /// <param name="function">A function with a queue trigger.</param>
    /// <param name="trigger">Its trigger.</param>
    /// <param name="settings">Queue settings.</param>
    /// <param name="lease">How long a fetched message is invisible before it is renewed.</param>
    /// <param name="invoker">Runs the function.</param>
    /// <param name="ready">Ends when a worker can take an invocation: while there is none, nothing is fetched.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <param name="abandoned">Ends everything at once; messages in work are neither completed nor released.</param>
    public QueueListener(
        FunctionDescriptor function, Trigger.Queue trigger, HostSettings settings, TimeSpan lease,
        Invoker invoker, Func<CancellationToken, Task> ready, TimeProvider time, ILogger log, CancellationToken abandoned)
    {
        _function = function;
        _form = trigger.Form;
        _ready = ready;
        _settings = settings;
        _lease = lease;
        _invoker = invoker;
        _time = time;
        _log = log;
        _abandoned = abandoned;
        _queue = QueueLimits.Client(trigger.ConnectionString, trigger.Name);
        var poisonName = trigger.Name + PoisonSuffix;
        _poison = trigger.Name.EndsWith(PoisonSuffix, StringComparison.Ordinal) || poisonName.Length > MaxQueueName
            ? null
            : QueueLimits.Client(trigger.ConnectionString, poisonName);
    }

    /// <summary>The queue.</summary>
    public QueueClient Queue => _queue;

    /// <summary>The poison queue, or null when there can be none.</summary>
    public QueueClient? PoisonQueue => _poison;

    /// <summary>Looks at the queue soon.</summary>
    public void Wake() => _filled.Fire();

    /// <summary>Fetches until it is told to stop, then waits for what still runs.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var running = new List<Task>();
        var empty = 0;
        while (!stop.IsCancellationRequested)
        {
            while (running.Count > _settings.NewBatchThreshold)
            {
                await Task.WhenAny(running);
                await ForgetDoneAsync(running);
            }

            var filled = _filled.Next;
            var messages = stop.IsCancellationRequested ? [] : await FetchAsync(stop);
            foreach (var message in messages)
            {
                running.Add(ProcessAsync(message));
            }

            empty = messages.Length > 0 ? 0 : empty + 1;
            if (empty > 0 && !stop.IsCancellationRequested)
            {
                empty = await PauseAsync(empty, filled, stop) ? 0 : empty;
                await ForgetDoneAsync(running);
            }
        }

        await Task.WhenAll(running);
    }

    private static async Task ForgetDoneAsync(List<Task> running)
    {
        foreach (var done in running.Where(task => task.IsCompleted).ToArray())
        {
            running.Remove(done);
            await done;
        }
    }

    /// <summary>True when the pause was cut short because the queue was filled.</summary>
    private async Task<bool> PauseAsync(int empty, Task filled, CancellationToken stop)
    {
        var pause = PollingDelay.After(empty, _settings.MaxPollingInterval, RandomNumberGenerator.GetInt32(1000) / 1000.0);
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(filled, Task.Delay(pause, _time, woken.Token));
        await woken.CancelAsync();
        return filled.IsCompleted;
    }

    private async Task<QueueMessage[]> FetchAsync(CancellationToken stop)
    {
        try
        {
            await _ready(stop);
            return (await _queue.ReceiveMessagesAsync(_settings.BatchSize, _lease, stop)).Value;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return [];
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // The queue may be created any time; the host itself never does.
            return [];
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
        {
            _log.QueueUnreadable(_queue.Name, e.Message);
            return [];
        }
    }

    private async Task ProcessAsync(QueueMessage message)
    {
        // A queue without a poison queue has no last attempt.
        if (_poison is not null && message.DequeueCount > _settings.MaxDequeueCount)
        {
            await PoisonAsync(message, message.PopReceipt);
            return;
        }

        if (QueueBinding.Decode(message, _settings.Base64) is not { } body)
        {
            _log.MessageStepFailed(message.MessageId, _queue.Name, "decoded", "it is not Base64, as messageEncoding of host.json says");
            await PoisonAsync(message, message.PopReceipt);
            return;
        }

        var invocation = new Invocation(
            () => QueueBinding.Bind(message, body, _form),
            QueueBinding.Metadata(message, body),
            TraceContextReader.FromJson(body.ToMemory()));
        InvocationResult result;
        var lease = new QueueLease(_queue, message, _lease, _time, _abandoned);
        await using (lease)
        {
            result = await _invoker.RunAsync(_function, invocation, CancellationToken.None);
        }

        if (_abandoned.IsCancellationRequested)
        {
            return;
        }

        if (result.Succeeded)
        {
            await StepAsync(message, "deleted", () => _queue.DeleteMessageAsync(message.MessageId, lease.PopReceipt, _abandoned));
        }
        else if (_poison is null)
        {
            // It stays hidden until its lease ends: with nowhere to go, it would be tried again and again at once.
            _log.LeftHidden(message.MessageId, _queue.Name, message.DequeueCount);
        }
        else if (message.DequeueCount >= _settings.MaxDequeueCount)
        {
            await PoisonAsync(message, lease.PopReceipt);
        }
        else
        {
            await StepAsync(message, "released", () => _queue.UpdateMessageAsync(
                message.MessageId, lease.PopReceipt, messageText: null, _settings.VisibilityTimeout, _abandoned));
        }
    }

    private async Task PoisonAsync(QueueMessage message, string popReceipt)
    {
        if (_poison is null)
        {
            return;
        }

        _log.Poison(message.MessageId, _queue.Name, _poison.Name, message.DequeueCount);
        var copied = await StepAsync(message, "copied to the poison queue", async () =>
        {
            await _poison.CreateIfNotExistsAsync(cancellationToken: _abandoned);
            await _poison.SendMessageAsync(message.MessageText, _abandoned);
        });
        if (copied)
        {
            HostDiagnostics.MovedToPoison(_queue.Name);
            await StepAsync(message, "deleted", () => _queue.DeleteMessageAsync(message.MessageId, popReceipt, _abandoned));
        }
    }

    /// <summary>A step that fails is logged: the message comes back when it becomes visible.</summary>
    private async Task<bool> StepAsync(QueueMessage message, string step, Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or OperationCanceledException)
        {
            _log.MessageStepFailed(message.MessageId, _queue.Name, step, (e as RequestFailedException)?.ErrorCode ?? e.Message);
            return false;
        }
    }
}
