using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SlmOps.Local.Azurite;

/// <summary>
/// Azurite as a child process on loopback ports. It lives as long as the pipe to its standard input: when this
/// process dies, however it dies, the pipe closes and Azurite shuts down by itself and saves its tables.
/// </summary>
internal sealed partial class AzuriteProcess : IAsyncDisposable
{
    private const string PortTaken = "EADDRINUSE";
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(8);

    private readonly Process _process;
    private readonly OutputTail _tail;
    private readonly Task _completion;
    private volatile bool _stopping;

    private AzuriteProcess(Process process, OutputTail tail, AzuriteEndpoints endpoints)
    {
        _process = process;
        _tail = tail;
        Endpoints = endpoints;
        _completion = WatchAsync();
    }

    /// <summary>Where it listens.</summary>
    public AzuriteEndpoints Endpoints { get; }

    /// <summary>Process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Ends when Azurite was stopped, and fails with the end of its output when it died by itself.</summary>
    public Task Completion => _completion;

    /// <summary>Starts Azurite and waits until its three services answer.</summary>
    /// <exception cref="LocalPlatformException">When it is not installed, dies or takes too long.</exception>
    public static async Task<AzuriteProcess> StartAsync(
        AzuriteOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var script = AzuriteScript.Find(options.RepoRoot);
        var folder = PrivateFile.Folder(Path.Combine(options.DataFolder, "azurite"));
        await AzuritePredecessor.WaitAsync(folder, time, cancellationToken);
        var process = Launch(script, folder, options);
        AzuritePredecessor.Remember(folder, process);
        var tail = new OutputTail();
        using var timeout = new CancellationTokenSource(options.StartTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            tail.Follow(process);
            var endpoints = new AzuriteEndpoints(
                await tail.AddressOfAsync("Blob", either.Token),
                await tail.AddressOfAsync("Queue", either.Token),
                await tail.AddressOfAsync("Table", either.Token))
            {
                Key = options.Key,
            };
            return new AzuriteProcess(process, tail, endpoints);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (options is not { BlobPort: 0, QueuePort: 0, TablePort: 0 } && tail.Text.Contains(PortTaken, StringComparison.Ordinal))
            {
                // It was free when Azurite was started: another platform that starts just now was faster.
                return await StartAsync(options with { BlobPort = 0, QueuePort = 0, TablePort = 0 }, time, cancellationToken);
            }

            var why = e is OperationCanceledException ? $"did not answer within {options.StartTimeout}" : "ended while it started";
            throw new LocalPlatformException($"Azurite {why}. Its output: {tail.Text}", e);
        }
    }

    /// <summary>Stops Azurite; it saves what it holds.</summary>
    public async Task StopAsync()
    {
        if (_stopping)
        {
            await _completion;
            return;
        }

        _stopping = true;
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(StopTimeout);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _completion;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        catch (LocalPlatformException)
        {
            // It died before; Completion has said so.
        }

        _process.Dispose();
    }

    private static Process Launch(string script, string folder, AzuriteOptions options)
    {
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        string[] arguments =
        [
            "-e", AzuriteScript.Supervised, "--", script, "--location", folder,
            "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1",
            "--blobPort", Port(options.BlobPort), "--queuePort", Port(options.QueuePort), "--tablePort", Port(options.TablePort),
            // Longer than any client keeps an idle connection, so that no request meets a connection being closed.
            "--blobKeepAliveTimeout", "600", "--queueKeepAliveTimeout", "600", "--tableKeepAliveTimeout", "600",
            "--skipApiVersionCheck", "--disableTelemetry", "--silent",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Not on the command line, which every user of the machine can read.
        start.Environment["AZURITE_ACCOUNTS"] = $"{AzuriteEndpoints.Account}:{options.Key}";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LocalPlatformException($"Node.js could not be started ({e.Message}); install Node.js 20 or newer.", e);
        }
    }

    private static string Port(int wanted) =>
        LoopbackPort.IfFree(wanted).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private async Task WatchAsync()
    {
        await _process.WaitForExitAsync();
        if (!_stopping)
        {
            throw new LocalPlatformException(
                $"Azurite (process {_process.Id}) ended by itself with exit code {_process.ExitCode}. Its output: {_tail.Text}");
        }
    }

    /// <summary>Reads Azurite's output: its addresses as it starts, and the last lines for error messages.</summary>
    private sealed partial class OutputTail
    {
        private const int MaxLines = 20;
        private readonly Lock _gate = new();
        private readonly Queue<string> _lines = new();
        private readonly Dictionary<string, TaskCompletionSource<Uri>> _addresses =
            new[] { "Blob", "Queue", "Table" }.ToDictionary(
                service => service, _ => new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously));

        public string Text
        {
            get
            {
                lock (_gate)
                {
                    return _lines.Count == 0 ? "(none)" : string.Join(Environment.NewLine, _lines);
                }
            }
        }

        public void Follow(Process process)
        {
            process.OutputDataReceived += (_, line) => Read(line.Data, last: false);
            process.ErrorDataReceived += (_, line) => Read(line.Data, last: line.Data is null);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public Task<Uri> AddressOfAsync(string service, CancellationToken cancellationToken) =>
            _addresses[service].Task.WaitAsync(cancellationToken);

        private void Read(string? line, bool last)
        {
            if (last)
            {
                foreach (var address in _addresses.Values)
                {
                    address.TrySetException(new InvalidOperationException("Azurite closed its output."));
                }
            }

            if (line is null)
            {
                return;
            }

            if (Listening().Match(line) is { Success: true } match)
            {
                _addresses[match.Groups[1].Value].TrySetResult(new Uri(match.Groups[2].Value));
            }

            lock (_gate)
            {
                _lines.Enqueue(line.Length > 500 ? line[..500] : line);
                if (_lines.Count > MaxLines)
                {
                    _lines.Dequeue();
                }
            }
        }

        // Azurite Blob service is successfully listening at http://127.0.0.1:36819
        [GeneratedRegex(@"^Azurite (Blob|Queue|Table) service is successfully listening at (http://127\.0\.0\.1:\d+)")]
        private static partial Regex Listening();
    }
}
