using Microsoft.Extensions.Logging;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.Workers;

namespace SlmOps.Local;

/// <summary>The functions host of the platform, in its process or in one of its own.</summary>
internal sealed class FunctionsPart : IAsyncDisposable
{
    /// <summary>Of the data folder: which workers run.</summary>
    public const string RecordFolder = "workers";

    private FunctionsPart(FunctionAppHost host) => Host = host;

    public FunctionAppHost Host { get; }

    /// <exception cref="LocalPlatformException">When the app cannot be served.</exception>
    public static async Task<FunctionsPart> StartAsync(
        LocalPlatformOptions options, LocalEndpoints endpoints, LocalKeys keys, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var host = await FunctionAppHost.StartAsync(
            new FunctionsHostOptions(
                WorkerApp.Read(options.AppFolder),
                SettingsOf(options, endpoints),
                keys.Host,
                Path.Combine(endpoints.DataFolder, RecordFolder))
            {
                Port = endpoints.FunctionsUrl.Port,
                QueueLease = options.QueueLease,
                StopGrace = options.StopGrace,
                ConsoleRecords = options.ConsoleRecords,
            },
            time, loggers, cancellationToken);
        if (host.Url.Port != endpoints.FunctionsUrl.Port)
        {
            await host.DisposeAsync();
            throw new LocalPlatformException(
                $"Port {endpoints.FunctionsUrl.Port} for the functions was taken meanwhile; start again, or free it.");
        }

        return new(host);
    }

    public Task StopAsync() => Host.StopAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static Dictionary<string, string> SettingsOf(LocalPlatformOptions options, LocalEndpoints endpoints)
    {
        var settings = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = endpoints.StorageConnectionString,
            ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated",
            // Polling costs no money here, and each stage waits for it.
            ["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] = "00:00:00.500",
        };
        foreach (var (name, value) in options.AppSettings(endpoints).Concat(options.Settings))
        {
            settings[name] = value;
        }

        return settings;
    }
}
