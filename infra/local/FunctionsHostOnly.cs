using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.Workers;

namespace SlmOps.Local;

/// <summary>
/// The functions host alone, in a process of its own: with the functions of a platform that was started without them, or
/// with any other built app.
/// </summary>
public sealed class FunctionsHostOnly : IAsyncDisposable
{
    private const string DevelopmentStorage = "UseDevelopmentStorage=true";
    private readonly FunctionAppHost _host;
    private readonly ActivityListener _listener;
    private readonly ILoggerFactory _loggers;

    private FunctionsHostOnly(FunctionAppHost host, ActivityListener listener, ILoggerFactory loggers) =>
        (_host, _listener, _loggers) = (host, listener, loggers);

    /// <summary>Address of the host.</summary>
    public Uri Url => _host.Url;

    /// <summary>The functions, one line each.</summary>
    public string Table => _host.Table;

    /// <summary>Process id of the worker; 0 while a new one starts.</summary>
    public int WorkerProcessId => _host.WorkerProcessId;

    /// <summary>Fails when a listener broke.</summary>
    public Task Completion => _host.Completion;

    /// <summary>Serves the platform's own functions. It reads endpoints and keys from the data folder.</summary>
    /// <exception cref="LocalPlatformException">When no platform runs in the data folder, or functions are wrong.</exception>
    public static async Task<FunctionsHostOnly> StartAsync(
        LocalPlatformOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        var endpoints = EndpointsFile.Read(folder);
        return await StartAsync(
            LocalPlatform.CreateLoggers(options.ConfigureLogging, folder, "functions", time),
            async loggers => (await FunctionsPart.StartAsync(
                options, endpoints, LocalKeys.ReadOrCreate(folder), time, loggers, cancellationToken)).Host);
    }

    /// <summary>
    /// Serves any built isolated app, with the settings of its own local.settings.json. Where they name the development
    /// storage and a platform runs in the data folder, they mean that platform's.
    /// </summary>
    /// <param name="appFolder">The app's build output.</param>
    /// <param name="dataFolder">Holds keys and logs.</param>
    /// <param name="port">Wanted port; 0, or one that is taken, becomes any free one.</param>
    /// <param name="lease">How long a fetched message is invisible before it is renewed.</param>
    /// <param name="logging">Adds log outputs besides the log file.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="LocalPlatformException">When the app cannot be served.</exception>
    public static async Task<FunctionsHostOnly> StartAppAsync(
        string appFolder, string dataFolder, int port, TimeSpan lease, Action<ILoggingBuilder>? logging, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var app = WorkerApp.Read(appFolder);
        var folder = PrivateFile.DataFolder(dataFolder);
        var settings = LocalSettingsFile.Read(app.Folder);
        if (FolderLock.IsHeld(folder))
        {
            var storage = EndpointsFile.Read(folder).StorageConnectionString;
            settings = settings.ToDictionary(
                item => item.Key, item => item.Value.Trim().TrimEnd(';') == DevelopmentStorage ? storage : item.Value);
        }

        return await StartAsync(
            LocalPlatform.CreateLoggers(logging, folder, "host", time),
            loggers =>
                FunctionAppHost.StartAsync(
                    new FunctionsHostOptions(
                        app,
                        settings,
                        LocalKeys.ReadOrCreate(folder).Host,
                        Path.Combine(folder, FunctionsPart.RecordFolder))
                    {
                        Port = port,
                        QueueLease = lease,
                    },
                    time,
                    loggers,
                    cancellationToken));
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _listener.Dispose();
        _loggers.Dispose();
    }

    private static async Task<FunctionsHostOnly> StartAsync(ILoggerFactory loggers, Func<ILoggerFactory, Task<FunctionAppHost>> start)
    {
        var listener = LocalTelemetry.Listen();
        try
        {
            return new(await start(loggers), listener, loggers);
        }
        catch
        {
            listener.Dispose();
            loggers.Dispose();
            throw;
        }
    }
}
