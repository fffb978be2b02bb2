using Azure.Storage.Queues;
using Microsoft.Extensions.Logging;
using SlmOps.Local.FunctionsHost;
using SlmOps.Local.Workers;

namespace SlmOps.Local.Tests.Workers;

/// <summary>Somebody else's app under the host, with queues of its own and a watcher that sees every call.</summary>
internal sealed class ForeignApp : IAsyncDisposable
{
    public static readonly HostKeys Keys = new("master-key", "function-key");

    private static readonly string[] Queues = ["Text", "Poco", "Binary", "Message", "Empty"];
    private readonly TemporaryFolder _folder;

    private ForeignApp(FunctionAppHost host, Watcher watcher, IReadOnlyDictionary<string, QueueClient> queues, TemporaryFolder folder) =>
        (Host, Watcher, QueueOf, _folder) = (host, watcher, queues, folder);

    /// <summary>The app's build output.</summary>
    public static string Folder
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(output.Parent!.Parent!.FullName, "SlmOps.ForeignApp", output.Name);
        }
    }

    public FunctionAppHost Host { get; }

    public Watcher Watcher { get; }

    /// <summary>The queue of each function, by the function's name.</summary>
    public IReadOnlyDictionary<string, QueueClient> QueueOf { get; }

    public static async Task<ForeignApp> StartAsync(
        SharedAzurite azurite, TimeSpan? lease = null, ILoggerFactory? loggers = null, TimeSpan? bodyPatience = null,
        params (string Name, string Value)[] more)
    {
        var queues = new Dictionary<string, QueueClient>();
        var watcher = await Watcher.StartAsync();
        var settings = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
            ["ClockSchedule"] = "0 0 0 1 1 *",
            ["OBSERVER"] = watcher.Url.AbsoluteUri,
        };
        foreach (var name in Queues)
        {
            var queue = (await azurite.NewQueueAsync()).Name;
            queues[name] = new QueueClient(
                azurite.ConnectionString,
                queue,
                new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }
            );
            settings[$"{name}Queue"] = queue;
        }

        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        var folder = new TemporaryFolder();
        var host = await FunctionAppHost.StartAsync(
            new FunctionsHostOptions(WorkerApp.Read(Folder), settings, Keys, folder.Path)
            {
                QueueLease = lease ?? TimeSpan.FromSeconds(30),
                StopGrace = TimeSpan.FromSeconds(1),
                BodyPatience = bodyPatience ?? LoopbackWeb.BodyPatience,
            },
            TimeProvider.System, loggers ?? OutputLog.Factory(), TestContext.Current.CancellationToken);
        return new(host, watcher, queues, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Watcher.DisposeAsync();
        _folder.Dispose();
    }
}
