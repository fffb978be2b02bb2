using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.Workers;

/// <summary>One worker that has connected, said what it can do and loaded its functions.</summary>
internal sealed class WorkerSession : IAsyncDisposable
{
    private const string HostVersion = "4.1000.0";
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CancelInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReachInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(3);

    private readonly WorkerProcess _process;
    private readonly WorkerStream _stream;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, string> _idOf;

    private WorkerSession(
        WorkerProcess process, WorkerStream stream, TimeProvider time, Uri? http, string version, IReadOnlyList<FunctionMetadata> functions)
    {
        (_process, _stream, _time, HttpUrl, Version, Functions) = (process, stream, time, http, version, functions);
        _idOf = functions.ToDictionary(function => function.Name, function => function.FunctionId, StringComparer.OrdinalIgnoreCase);
        Ended = Task.WhenAny(process.Exited, stream.Ended);
    }

    /// <summary>The worker's own web server, which takes HTTP requests; null when they go over the stream.</summary>
    public Uri? HttpUrl { get; }

    /// <summary>Version of the worker library.</summary>
    public string Version { get; }

    /// <summary>The functions, as the worker announced them; all are loaded.</summary>
    public IReadOnlyList<FunctionMetadata> Functions { get; }

    public int ProcessId => _process.ProcessId;

    /// <summary>Ends with the worker.</summary>
    public Task Ended { get; }

    /// <summary>How the worker ended, once it is disposed of.</summary>
    public string Obituary => $"exit code {_process.ExitCode}; it wrote last:{Environment.NewLine}{_process.LastOutput}";

    /// <summary>Starts a worker and waits until it can serve.</summary>
    /// <exception cref="LocalPlatformException">When it cannot.</exception>
    public static async Task<WorkerSession> StartAsync(
        WorkerApp app, WorkerRpcServer server, IReadOnlyDictionary<string, string> settings, WorkerRecords records, WorkerLog log,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid().ToString();
        var stream = new WorkerStream(log.Write);
        server.Expect(id, stream);
        var process = WorkerProcess.Start(app, id, server.Url, settings, records, log.WriteLine);
        using var patience = new CancellationTokenSource(ConnectPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await Task.WhenAny(stream.Connected, process.Exited).WaitAsync(either.Token);
            if (!stream.Connected.IsCompleted)
            {
                throw new WorkerGoneException();
            }

            return await GreetAsync(app, process, stream, time, either.Token);
        }
        catch (Exception e)
            when (e is WorkerGoneException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var ended = process.Exited.IsCompleted;
            await process.DisposeAsync();
            throw new LocalPlatformException(
                ended
                    ? $"The worker of {app.Folder} ended while it started, with exit code "
                        + $"{process.ExitCode}:{Environment.NewLine}{process.LastOutput}"
                    : $"The worker of {app.Folder} did not answer within {ConnectPatience.TotalSeconds} "
                        + $"s:{Environment.NewLine}{process.LastOutput}",
                e);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a function. Cancelling reaches the function's token; the answer is waited for nevertheless.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="request">Inputs, trigger metadata and trace; the ids are filled in here.</param>
    /// <param name="invocationId">Unique.</param>
    /// <param name="cancellationToken">Cancels the function.</param>
    /// <exception cref="WorkerGoneException">When the worker ended first.</exception>
    public async Task<InvocationResponse> InvokeAsync(
        string function, InvocationRequest request, string invocationId, CancellationToken cancellationToken)
    {
        request.InvocationId = invocationId;
        request.FunctionId = _idOf.TryGetValue(function, out var id) ? id : throw new WorkerGoneException();
        var answer = _stream.AskAsync(new StreamingMessage { InvocationRequest = request }, CancellationToken.None);
        var cancelled = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(cancelled.SetResult);
        if (await Task.WhenAny(answer, cancelled.Task) != answer)
        {
            await CancelAsync(invocationId, answer);
        }

        return (await answer).InvocationResponse;
    }

    /// <summary>A worker that has not begun with the invocation yet overlooks its cancellation, so it is repeated.</summary>
    private async Task CancelAsync(string invocationId, Task answer)
    {
        while (!answer.IsCompleted)
        {
            _stream.Tell(new StreamingMessage { InvocationCancel = new InvocationCancel { InvocationId = invocationId } });
            using var next = new CancellationTokenSource();
            await Task.WhenAny(answer, Task.Delay(CancelInterval, _time, next.Token));
            await next.CancelAsync();
        }
    }

    /// <summary>Tells the worker to end, which it does at once; whoever wants running functions to finish waits first.</summary>
    public async Task EndAsync()
    {
        _stream.Tell(new StreamingMessage { WorkerTerminate = new WorkerTerminate { GracePeriod = Duration.FromTimeSpan(EndPatience) } });
        await Task.WhenAny(_process.Exited, Task.Delay(EndPatience, _time));
    }

    /// <summary>Ends the worker hard, if it still lives.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _stream.End();
    }

    private static async Task<WorkerSession> GreetAsync(
        WorkerApp app, WorkerProcess process, WorkerStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        var init = (await stream.AskAsync(
            new StreamingMessage
            {
                WorkerInitRequest = new WorkerInitRequest
                {
                    HostVersion = HostVersion,
                    WorkerDirectory = app.Folder,
                    FunctionAppDirectory = app.Folder,
                },
            },
            cancellationToken)).WorkerInitResponse;
        Check("to initialise", init.Result);
        var metadata = (await stream.AskAsync(
            new StreamingMessage { FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = app.Folder } },
            cancellationToken)).FunctionMetadataResponse;
        Check("to list its functions", metadata.Result);
        await Task.WhenAll(metadata.FunctionMetadataResults.Select(async function =>
        {
            function.Directory = app.Folder;
            var load = await stream.AskAsync(
                new StreamingMessage
                {
                    FunctionLoadRequest = new FunctionLoadRequest { FunctionId = function.FunctionId, Metadata = function },
                },
                cancellationToken);
            Check($"to load the function '{function.Name}'", load.FunctionLoadResponse.Result);
        }));
        var http = init.Capabilities.TryGetValue("HttpUri", out var address)
            && Uri.TryCreate(address, UriKind.Absolute, out var url)
            && url.IsLoopback
            ? url
            : null;
        if (http is not null)
        {
            await ReachAsync(http, process, time, cancellationToken);
        }

        return new(process, stream, time, http, init.WorkerVersion, metadata.FunctionMetadataResults);
    }

    /// <summary>The worker names its web server before that listens.</summary>
    private static async Task ReachAsync(Uri url, WorkerProcess process, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(url.Host, url.Port, cancellationToken);
                return;
            }
            catch (SocketException) when (!process.Exited.IsCompleted)
            {
                await Task.Delay(ReachInterval, time, cancellationToken);
            }
            catch (SocketException)
            {
                throw new WorkerGoneException();
            }
        }
    }

    private static void Check(string what, StatusResult? result)
    {
        if (result is not null && result.Status != StatusResult.Types.Status.Success)
        {
            throw new LocalPlatformException($"The worker failed {what}: {result.Exception?.Message ?? result.Status.ToString()}");
        }
    }
}
