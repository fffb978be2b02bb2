using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local;

/// <summary>The functions host with the services of its functions, in the platform or in a process of its own.</summary>
internal sealed class FunctionsPart : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IHostedService[] _hosted;

    private FunctionsPart(ServiceProvider services, EmbeddedFunctionsHost host, IHostedService[] hosted)
    {
        _hosted = hosted;
        _services = services;
        Host = host;
    }

    public EmbeddedFunctionsHost Host { get; }

    public IServiceProvider Services => _services;

    public static async Task<FunctionsPart> StartAsync(
        LocalPlatformOptions options, LocalEndpoints endpoints, LocalKeys keys, TimeProvider time, ILoggerFactory loggers,
        Action<IServiceCollection>? more, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time);
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        more?.Invoke(services);
        options.ConfigureServices(services, endpoints);
        var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
        try
        {
            var hosted = provider.GetServices<IHostedService>().ToArray();
            foreach (var service in hosted)
            {
                await service.StartAsync(cancellationToken);
            }

            var host = await EmbeddedFunctionsHost.StartAsync(
                new FunctionsHostOptions(options.Triggers, Settings.From(SettingsOf(options, endpoints)), keys.Host)
                {
                    HostJson = options.HostJson,
                    Port = endpoints.FunctionsUrl.Port,
                    QueueLease = options.QueueLease,
                },
                provider, time, loggers, cancellationToken);
            if (host.Url.Port != endpoints.FunctionsUrl.Port)
            {
                await host.DisposeAsync();
                throw new LocalPlatformException(
                    $"Port {endpoints.FunctionsUrl.Port} for the functions was taken meanwhile; start again, or free it.");
            }

            return new(provider, host, hosted);
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    public async Task StopAsync(TimeSpan patience, TimeProvider time)
    {
        try
        {
            await Host.StopAsync(drain: false).WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            // What still runs is abandoned; its message comes back.
        }

        foreach (var service in _hosted.Reverse())
        {
            await service.StopAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _services.DisposeAsync();
    }

    private static Dictionary<string, string?> SettingsOf(LocalPlatformOptions options, LocalEndpoints endpoints)
    {
        var settings = new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = endpoints.StorageConnectionString,
            ["SlmOpsStorage"] = endpoints.StorageConnectionString,
            // Loopback polling costs nothing worth saving, and each stage waits for it.
            ["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] = "00:00:00.250",
        };
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        return settings;
    }
}
