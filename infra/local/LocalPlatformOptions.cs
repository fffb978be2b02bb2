using Microsoft.Extensions.Logging;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local;

/// <summary>How to start the local platform.</summary>
/// <param name="RepoRoot">Folder from which Azurite's installation is looked for, upwards.</param>
/// <param name="AppFolder">Build output of the functions app.</param>
/// <param name="AppSettings">Its application settings, made when the endpoints are known.</param>
public sealed record LocalPlatformOptions(
    string RepoRoot, string AppFolder, Func<LocalEndpoints, IReadOnlyDictionary<string, string>> AppSettings)
{
    /// <summary>All data; one platform at a time.</summary>
    public string DataFolder { get; init; } = Path.Combine(RepoRoot, ".slmops");

    /// <summary>Wanted ports.</summary>
    public LocalPorts Ports { get; init; } = new();

    /// <summary>Application settings that replace others.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>True for a storage account whose key only this data folder knows, rather than the well-known one.</summary>
    public bool PrivateStorage { get; init; }

    /// <summary>See <see cref="FunctionsHostOptions.ConsoleRecords"/>.</summary>
    public bool ConsoleRecords { get; init; }

    /// <summary>File of further subscriptions; null for <c>events.json</c> in the data folder.</summary>
    public string? EventsFile { get; init; }

    /// <summary>False when the functions run in another process, see <see cref="FunctionsHostOnly"/>; then their port must be given.</summary>
    public bool WithFunctions { get; init; } = true;

    /// <summary>See <see cref="FunctionsHostOptions.QueueLease"/>.</summary>
    public TimeSpan QueueLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>See <see cref="FunctionsHostOptions.StopGrace"/>.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many times faster the retries of event deliveries run than in Azure.</summary>
    public double EventTimeScale { get; init; } = 10;

    /// <summary>Adds log outputs besides the log file.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }
}

/// <summary>Wanted ports; a taken one becomes any free one. 0 takes any free one from the start.</summary>
public sealed record LocalPorts
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
