using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.Workers;

/// <summary>The one stream between host and worker: questions out, answers matched by their id, logs as they come.</summary>
internal sealed class WorkerStream(Action<RpcLog> log)
{
    private readonly Channel<StreamingMessage> _out = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _waiting = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the worker has connected.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Ends when the stream has.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Carries messages both ways until either side ends it.</summary>
    public async Task ServeAsync(
        IAsyncStreamReader<StreamingMessage> requests, IServerStreamWriter<StreamingMessage> responses, CancellationToken cancellationToken)
    {
        _connected.TrySetResult();
        var writer = WriteAsync(responses, cancellationToken);
        try
        {
            while (await requests.MoveNext(cancellationToken))
            {
                Take(requests.Current);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or RpcException)
        {
            // The worker died; whoever waits for it hears so below.
        }
        finally
        {
            End();
        }

        await writer;
    }

    /// <summary>Fails everything that waits for an answer.</summary>
    public void End()
    {
        _out.Writer.TryComplete();
        _ended.TrySetResult();
        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetException(new WorkerGoneException());
        }
    }

    /// <exception cref="WorkerGoneException">When the stream ends before the answer.</exception>
    public async Task<StreamingMessage> AskAsync(StreamingMessage question, CancellationToken cancellationToken)
    {
        var id = question.InvocationRequest?.InvocationId ?? (question.RequestId = Guid.NewGuid().ToString());
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        try
        {
            // After it was added: an end from here on fails it.
            if (!_out.Writer.TryWrite(question))
            {
                throw new WorkerGoneException();
            }

            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>Sends what has no answer; nothing happens when the worker is gone.</summary>
    public void Tell(StreamingMessage message) => _out.Writer.TryWrite(message);

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> responses, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in _out.Reader.ReadAllAsync(cancellationToken))
            {
                await responses.WriteAsync(message, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or RpcException)
        {
            End();
        }
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.RpcLog:
                log(message.RpcLog);
                break;
            case StreamingMessage.ContentOneofCase.WorkerActionResponse:
                // It asks to be started again; whoever watches it does that when its stream ends.
                End();
                break;
            default:
                // An answer that nobody waits for any more came too late: its invocation was given up.
                if (_waiting.TryGetValue(message.InvocationResponse?.InvocationId ?? message.RequestId, out var waiting))
                {
                    waiting.TrySetResult(message);
                }

                break;
        }
    }
}

/// <summary>The worker ended before it answered.</summary>
internal sealed class WorkerGoneException() : IOException("The worker process ended before the function did.");
