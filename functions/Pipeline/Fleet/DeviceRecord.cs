using SlmOps.Contracts;

namespace SlmOps.Pipeline.Fleet;

/// <summary>A device as its reports show it.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Channel">Channel it follows.</param>
/// <param name="Inventory">Hardware and labels, when it sent them.</param>
/// <param name="Deployment">Last deployment state.</param>
/// <param name="DeploymentAt">Device time of that state.</param>
/// <param name="LastSeq">Highest report number stored.</param>
/// <param name="LastSeen">Server time of the last report.</param>
internal sealed record DeviceRecord(
    DeviceId Id,
    ChannelName Channel,
    DeviceInventory? Inventory,
    DeploymentStatus? Deployment,
    DateTimeOffset? DeploymentAt,
    long LastSeq,
    DateTimeOffset LastSeen)
{
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>What runs on it, as it said last; null from an agent that knows no compositions.</summary>
    public CompositionStatus? Composition { get; init; }

    internal IReadOnlyDictionary<string, string> Labels => Inventory?.Labels ?? NoLabels;
}
