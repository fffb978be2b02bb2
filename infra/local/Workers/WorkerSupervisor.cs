using Microsoft.Extensions.Logging;

namespace SlmOps.Local.Workers;

/// <summary>Keeps one worker running: sees that it died, says so, and starts another with back-off.</summary>
internal sealed class WorkerSupervisor : IAsyncDisposable
{
    private readonly WorkerApp _app;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly WorkerRecords _records;
    private readonly WorkerRpcServer _server;
    private readonly WorkerLog _workerLog;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<WorkerSession> _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watch = Task.CompletedTask;
    private int _failures;

    private WorkerSupervisor(
        WorkerApp app, IReadOnlyDictionary<string, string> settings, WorkerRecords records, WorkerRpcServer server, WorkerLog workerLog,
        TimeProvider time, ILogger log) =>
        (_app, _settings, _records, _server, _workerLog, _time, _log) = (app, settings, records, server, workerLog, time, log);

    /// <summary>The worker that runs now; null while there is none.</summary>
    public WorkerSession? Current => Volatile.Read(ref _current) is { Task: { IsCompletedSuccessfully: true } task } ? task.Result : null;

    /// <summary>Process id of the worker, 0 while there is none.</summary>
    public int ProcessId => Current?.ProcessId ?? 0;

    /// <summary>Starts the first worker; one that cannot be started ends the start.</summary>
    /// <exception cref="LocalPlatformException">When the worker cannot serve.</exception>
    public static async Task<WorkerSupervisor> StartAsync(
        WorkerApp app, IReadOnlyDictionary<string, string> settings, WorkerRecords records, bool console, TimeProvider time,
        ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var log = loggers.CreateLogger<WorkerSupervisor>();
        foreach (var orphan in records.EndOrphans())
        {
            log.OrphanEnded(orphan);
        }

        var server = await WorkerRpcServer.StartAsync(loggers, cancellationToken);
        var supervisor = new WorkerSupervisor(app, settings, records, server, new WorkerLog(loggers, console), time, log);
        try
        {
            var first = await supervisor.StartWorkerAsync(cancellationToken);
            supervisor._current.SetResult(first);
            supervisor._watch = supervisor.WatchAsync(first);
            return supervisor;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The worker that runs, or the next one when there is none now.</summary>
    public async Task<WorkerSession> ReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var session = await Volatile.Read(ref _current).Task.WaitAsync(cancellationToken);
            if (!session.Ended.IsCompleted)
            {
                return session;
            }

            // It ended just now, and the watch has not taken it away yet.
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, cancellationToken);
        }
    }

    /// <summary>Ends the worker, with everything that runs in it, and starts another.</summary>
    public async Task RestartAsync(WorkerSession session, string why)
    {
        _log.WorkerRestarted(session.ProcessId, why);
        await session.DisposeAsync();
    }

    /// <summary>Tells the worker to end. What still runs in it is lost.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        if (Current is { } session)
        {
            await session.EndAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _abandoned.TrySetResult();
        await _watch;
        await _server.DisposeAsync();
    }

    private async Task<WorkerSession> StartWorkerAsync(CancellationToken cancellationToken)
    {
        var since = _time.GetTimestamp();
        var session = await WorkerSession.StartAsync(_app, _server, _settings, _records, _workerLog, _time, cancellationToken);
        _log.WorkerStarted(session.ProcessId, session.Version, session.Functions.Count, _time.GetElapsedTime(since).TotalMilliseconds);
        return session;
    }

    private async Task WatchAsync(WorkerSession session)
    {
        while (true)
        {
            var since = _time.GetTimestamp();
            await Task.WhenAny(session.Ended, _abandoned.Task);
            if (!_stop.IsCancellationRequested)
            {
                Volatile.Write(ref _current, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            await session.DisposeAsync();
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            _failures = _time.GetElapsedTime(since) < RestartDelay.Healthy ? _failures + 1 : 1;
            _log.WorkerDied(session.ProcessId, session.Obituary, RestartDelay.After(_failures));
            if (await NextAsync() is not { } next)
            {
                return;
            }

            session = next;
            _current.SetResult(next);
        }
    }

    /// <summary>Null when the host stops meanwhile.</summary>
    private async Task<WorkerSession?> NextAsync()
    {
        while (true)
        {
            try
            {
                await Task.Delay(RestartDelay.After(_failures), _time, _stop.Token);
                return await StartWorkerAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return null;
            }
            catch (LocalPlatformException e)
            {
                _failures++;
                _log.WorkerNotStarted(e.Message, RestartDelay.After(_failures));
            }
        }
    }
}
