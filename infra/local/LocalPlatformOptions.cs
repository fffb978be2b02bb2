using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local;

/// <summary>How to start the local platform.</summary>
/// <param name="RepoRoot">Folder from which Azurite's installation is looked for, upwards.</param>
/// <param name="ConfigureServices">Registers what the functions' constructors take.</param>
internal sealed record LocalPlatformOptions(string RepoRoot, Action<IServiceCollection, LocalEndpoints> ConfigureServices)
{
    /// <summary>All data; one platform at a time.</summary>
    public string DataFolder { get; init; } = Path.Combine(RepoRoot, ".slmops");

    /// <summary>Wanted ports.</summary>
    public LocalPorts Ports { get; init; } = new();

    /// <summary>Path of host.json.</summary>
    public string HostJson { get; init; } = Path.Combine(AppContext.BaseDirectory, "host.json");

    /// <summary>Types to look for functions in.</summary>
    public IReadOnlyList<Type> Triggers { get; init; } = FunctionsHostOptions.TriggersOf(typeof(LocalPlatform).Assembly);

    /// <summary>Application settings besides the connections.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>File of further subscriptions; null for <c>events.json</c> in the data folder.</summary>
    public string? EventsFile { get; init; }

    /// <summary>False when the functions run in another process, see <see cref="FunctionsHostOnly"/>; then their port must be given.</summary>
    public bool WithFunctions { get; init; } = true;

    /// <summary>See <see cref="FunctionsHostOptions.QueueLease"/>.</summary>
    public TimeSpan QueueLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many times faster the retries of event deliveries run than in Azure.</summary>
    public double EventTimeScale { get; init; } = 10;

    /// <summary>Adds log outputs besides the log file.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }
}

/// <summary>Wanted ports; a taken one becomes any free one. 0 takes any free one from the start.</summary>
internal sealed record LocalPorts
{
    /// <summary>All ports free ones, for tests.</summary>
    public static LocalPorts Any { get; } = new() { Front = 0, Functions = 0, EventGrid = 0, Blob = 0, Queue = 0, Table = 0 };

    public int Front { get; init; } = 7070;

    public int Functions { get; init; } = 7071;

    public int EventGrid { get; init; } = 7072;

    public int Blob { get; init; } = 10000;

    public int Queue { get; init; } = 10001;

    public int Table { get; init; } = 10002;
}
