using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost;

internal static class TestHost
{
    public static readonly HostKeys Keys = new("master-key", "function-key", "grid-key");

    public static async Task<EmbeddedFunctionsHost> StartAsync(
        Script script, Type[] triggers, Dictionary<string, string?> settings, TimeSpan? lease = null, TimeProvider? time = null)
    {
        var services = new ServiceCollection().AddSingleton(script).BuildServiceProvider();
        return await EmbeddedFunctionsHost.StartAsync(
            new FunctionsHostOptions(triggers, Settings.From(settings), Keys) { QueueLease = lease ?? TimeSpan.FromSeconds(30) },
            services, time ?? TimeProvider.System, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
    }

    /// <summary>Settings for one queue: no encoding unless it is said, one message at a time, quick polling.</summary>
    public static Dictionary<string, string?> ForQueue(SharedAzurite azurite, string queue, params (string Key, string Value)[] more)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Data"] = azurite.ConnectionString,
            ["queue"] = queue,
            ["AzureFunctionsJobHost__extensions__queues__batchSize"] = "1",
            ["AzureFunctionsJobHost__extensions__queues__newBatchThreshold"] = "0",
            ["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] = "00:00:00.200",
            ["AzureFunctionsJobHost__extensions__queues__messageEncoding"] = "none",
        };
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        return settings;
    }
}
