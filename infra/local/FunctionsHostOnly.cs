using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local;

/// <summary>
/// The functions host alone, for a process of its own beside a platform that was started without functions. It reads
/// the platform's endpoints and keys from the data folder.
/// </summary>
internal sealed class FunctionsHostOnly : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);
    private readonly FunctionsPart _part;
    private readonly ActivityListener _listener;
    private readonly ILoggerFactory _loggers;
    private readonly TimeProvider _time;

    private FunctionsHostOnly(FunctionsPart part, ActivityListener listener, ILoggerFactory loggers, TimeProvider time, LocalEndpoints endpoints)
    {
        _part = part;
        _listener = listener;
        _loggers = loggers;
        _time = time;
        Endpoints = endpoints;
    }

    public LocalEndpoints Endpoints { get; }

    /// <summary>The functions, one line each.</summary>
    public string Table => _part.Host.Table;

    /// <summary>Fails when a listener broke.</summary>
    public Task Completion => _part.Host.Completion;

    /// <exception cref="LocalPlatformException">When no platform runs in the data folder, or functions are wrong.</exception>
    public static async Task<FunctionsHostOnly> StartAsync(
        LocalPlatformOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        var endpoints = EndpointsFile.Read(folder);
        var loggers = LocalPlatform.CreateLoggers(options, folder, "functions", time);
        var listener = LocalTelemetry.Listen();
        try
        {
            var part = await FunctionsPart.StartAsync(
                options, endpoints, LocalKeys.ReadOrCreate(folder), time, loggers,
                services => TelemetryExport.Add(services, "slmops-functions", prometheus: false), cancellationToken);
            return new(part, listener, loggers, time, endpoints);
        }
        catch
        {
            listener.Dispose();
            loggers.Dispose();
            throw;
        }
    }

    public Task StopAsync() => _part.StopAsync(StopPatience, _time);

    public async ValueTask DisposeAsync()
    {
        await _part.DisposeAsync();
        _listener.Dispose();
        _loggers.Dispose();
    }
}
