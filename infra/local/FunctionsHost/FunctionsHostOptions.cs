using SlmOps.Local.Workers;

namespace SlmOps.Local.FunctionsHost;

/// <summary>How to start the host.</summary>
/// <param name="App">The built app.</param>
/// <param name="Settings">Application settings: connections, names, overrides of host.json. They become the worker's environment.</param>
/// <param name="Keys">Keys of the host.</param>
/// <param name="RecordFolder">Where the host remembers its workers.</param>
internal sealed record FunctionsHostOptions(
    WorkerApp App, IReadOnlyDictionary<string, string> Settings, HostKeys Keys, string RecordFolder)
{
    /// <summary>Wanted port; 0, or a port that is taken, becomes any free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// How long a fetched message is invisible before it is renewed. The real host takes 10 minutes; shorter here, so
    /// that the message of a killed host comes back soon.
    /// </summary>
    public TimeSpan QueueLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long running functions may go on when the host stops, before their tokens are cancelled.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the body of a request may take to begin.</summary>
    public TimeSpan BodyPatience { get; init; } = LoopbackWeb.BodyPatience;

    /// <summary>True when the app writes its log records to the console as JSON, which keeps their values.</summary>
    public bool ConsoleRecords { get; init; }
}
