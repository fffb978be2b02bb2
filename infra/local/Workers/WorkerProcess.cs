using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace SlmOps.Local.Workers;

/// <summary>The process of a worker. It lives no longer than its host: see the startup hook in infra/worker-guard.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const string Hooks = "DOTNET_STARTUP_HOOKS";
    private const int KeptLines = 20;
    private const int LongestKept = 500;
    private static readonly string Guard = Path.Combine(AppContext.BaseDirectory, "SlmOps.WorkerGuard.dll");

    private readonly Process _process;
    private readonly WorkerRecords _records;
    private readonly string _id;
    private readonly Queue<string> _last = new();
    private readonly Lock _gate = new();

    // Who watches it and who restarts it both end it.
    private readonly Lazy<Task> _end;

    private WorkerProcess(Process process, WorkerRecords records, string id, int pid) =>
        (_process, _records, _id, ProcessId, Exited, _end) = (process, records, id, pid, process.WaitForExitAsync(), new(EndAsync));

    public int ProcessId { get; }

    /// <summary>Ends with the process.</summary>
    public Task Exited { get; }

    /// <summary>What it wrote last, for the message that says that it ended.</summary>
    public string LastOutput
    {
        get
        {
            lock (_gate)
            {
                return string.Join(Environment.NewLine, _last);
            }
        }
    }

    /// <summary>Null while it runs.</summary>
    public int? ExitCode { get; private set; }

    /// <param name="app">The app.</param>
    /// <param name="id">Unguessable; the worker shows it when it connects.</param>
    /// <param name="server">Address of the host's gRPC server.</param>
    /// <param name="settings">Application settings, which become environment variables.</param>
    /// <param name="records">Remembers the process.</param>
    /// <param name="line">Called for each line of output; true for the error stream.</param>
    /// <exception cref="LocalPlatformException">When it cannot be started.</exception>
    public static WorkerProcess Start(
        WorkerApp app,
        string id,
        Uri server,
        IReadOnlyDictionary<string, string> settings,
        WorkerRecords records,
        Action<string, bool> line)
    {
        if (!File.Exists(Guard))
        {
            throw new LocalPlatformException($"{Guard} is missing; build the tool again.");
        }

        var start = new ProcessStartInfo(app.Executable)
        {
            WorkingDirectory = app.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            .. app.Arguments, "--functions-uri", server.AbsoluteUri, "--functions-worker-id", id,
            "--functions-request-id", Guid.NewGuid().ToString(),
            "--functions-grpc-max-message-length", WorkerRpcServer.MaxMessageBytes.ToString(CultureInfo.InvariantCulture),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = app.Folder;
        start.Environment[Hooks] = start.Environment.TryGetValue(Hooks, out var others) && others is { Length: > 0 }
            ? others + Path.PathSeparator + Guard
            : Guard;
        return Start(start, id, records, line);
    }

    private async Task KillAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }

        await Exited;
        ExitCode = _process.ExitCode;
    }

    /// <summary>Ends it hard; nothing in it runs after that.</summary>
    public async ValueTask DisposeAsync() => await _end.Value;

    private async Task EndAsync()
    {
        await KillAsync();
        _records.Forget(_id);
        _process.Dispose();
    }

    private static WorkerProcess Start(ProcessStartInfo start, string id, WorkerRecords records, Action<string, bool> line)
    {
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new LocalPlatformException($"The worker cannot be started with {start.FileName}: {e.Message}", e);
        }

        var worker = new WorkerProcess(process, records, id, process.Id);
        process.OutputDataReceived += (_, read) => worker.Read(read.Data, false, line);
        process.ErrorDataReceived += (_, read) => worker.Read(read.Data, true, line);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            records.Remember(id, process);
        }
        catch (InvalidOperationException)
        {
            // It ended at once; that is said where it is waited for.
        }

        return worker;
    }

    private void Read(string? text, bool error, Action<string, bool> line)
    {
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        lock (_gate)
        {
            _last.Enqueue(text.Length > LongestKept ? text[..LongestKept] : text);
            if (_last.Count > KeptLines)
            {
                _last.Dequeue();
            }
        }

        line(text, error);
    }
}
