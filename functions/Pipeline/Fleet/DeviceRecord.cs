using SlmOps.Contracts;
using SlmOps.Pipeline.Presence;

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

    /// <summary>Server time of the first report of this life of the device.</summary>
    public DateTimeOffset? FirstSeen { get; init; }

    /// <summary>Server time of the last report about the release that <see cref="Deployment"/> is of.</summary>
    public DateTimeOffset? WordAt { get; init; }

    /// <summary>Server time at which such a report last brought something new: a state, a try, bytes.</summary>
    public DateTimeOffset? ProgressAt { get; init; }

    /// <summary>Why it does nothing, as it said last.</summary>
    public DeviceHold? Hold { get; init; }

    /// <summary>Which variant it settled on last, and why.</summary>
    public DeviceChoice? Choice { get; init; }

    /// <summary>How far its clock is ahead, as its last report showed.</summary>
    public TimeSpan ClockAhead { get; init; }

    /// <summary>Random id of the data folder that speaks.</summary>
    public string? Instance { get; init; }

    /// <summary>The one that spoke before that.</summary>
    public string? OtherInstance { get; init; }

    /// <summary>Server time at which the one before was last heard again: two agents under one id.</summary>
    public DateTimeOffset? ConflictAt { get; init; }

    /// <summary>How many times that began.</summary>
    public int Conflicts { get; init; }

    /// <summary>Its longest silence of late that it came back from; null where there was none.</summary>
    public DeviceQuiet? Quiet { get; init; }

    /// <summary>True while two agents report under its id in turn.</summary>
    internal bool IsInConflict(ServiceClock clock) => ConflictAt is { } at && clock.IsRecent(at);

    internal IReadOnlyDictionary<string, string> Labels => Inventory?.Labels ?? NoLabels;
}
