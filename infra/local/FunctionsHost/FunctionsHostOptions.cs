using System.Reflection;

namespace SlmOps.Local.FunctionsHost;

/// <summary>How to start the host.</summary>
/// <param name="Triggers">Types to look for functions in; see <see cref="TriggersOf"/>.</param>
/// <param name="Settings">Application settings: connections, names, overrides of host.json.</param>
/// <param name="Keys">Keys of the host.</param>
internal sealed record FunctionsHostOptions(IReadOnlyList<Type> Triggers, Settings Settings, HostKeys Keys)
{
    /// <summary>Path of host.json; null for the defaults.</summary>
    public string? HostJson { get; init; }

    /// <summary>Wanted port; 0, or a port that is taken, becomes any free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// How long a fetched message is invisible before it is renewed. The real host takes 10 minutes; shorter here, so
    /// that the message of a killed host comes back soon.
    /// </summary>
    public TimeSpan QueueLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The types of an assembly that may hold functions.</summary>
    public static IReadOnlyList<Type> TriggersOf(Assembly assembly) => assembly.GetExportedTypes();
}
