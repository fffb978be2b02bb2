namespace SlmOps.Contracts;

/// <summary>A rollout began.</summary>
/// <param name="RolloutId">Rollout id.</param>
/// <param name="Channel">Channel.</param>
/// <param name="Release">What is rolled out.</param>
/// <param name="Rings">Ring names in order.</param>
public sealed record RolloutStarted(string RolloutId, ChannelName Channel, ReleaseRef Release, IReadOnlyList<string> Rings);

/// <summary>A ring was opened: its devices may now take the release.</summary>
/// <param name="RolloutId">Rollout id.</param>
/// <param name="Ring">0-based ring index.</param>
/// <param name="Name">Ring name.</param>
/// <param name="Devices">Known devices in the ring when it was opened.</param>
public sealed record RingStarted(string RolloutId, int Ring, string Name, int Devices);

/// <summary>A ring passed its gate.</summary>
/// <param name="RolloutId">Rollout id.</param>
/// <param name="Ring">0-based ring index.</param>
/// <param name="Name">Ring name.</param>
/// <param name="Committed">Devices of the ring that committed the release.</param>
/// <param name="Reason">The verdict in one sentence.</param>
public sealed record RingPassed(string RolloutId, int Ring, string Name, int Committed, string Reason);

/// <summary>A rollout stopped and waits for a person.</summary>
/// <param name="RolloutId">Rollout id.</param>
/// <param name="Ring">0-based ring index.</param>
/// <param name="ReasonCode">Why, such as <c>Manual</c> or <c>NoData</c>.</param>
/// <param name="Reason">The verdict in one sentence.</param>
public sealed record RolloutPaused(string RolloutId, int Ring, string ReasonCode, string Reason);

/// <summary>A rollout was withdrawn; devices go back to what the channel ran before.</summary>
/// <param name="RolloutId">Rollout id.</param>
/// <param name="Ring">0-based index of the ring that failed.</param>
/// <param name="Reason">The verdict in one sentence.</param>
/// <param name="Restored">What the channel runs now, or null when it ran nothing before.</param>
public sealed record RolledBack(string RolloutId, int Ring, string Reason, ReleaseRef? Restored);

/// <summary>Every ring passed; the release is what the channel runs.</summary>
/// <param name="RolloutId">Rollout id.</param>
/// <param name="Devices">Devices that committed the release.</param>
public sealed record RolloutCompleted(string RolloutId, int Devices);

/// <summary>
/// Two agents speak under one device id in turn: a cloned disk, or a folder that was copied. Neither counts in a rollout until one
/// of them is silent or has another id.
/// </summary>
/// <param name="DeviceId">The id.</param>
/// <param name="Channel">Channel.</param>
/// <param name="Instance">The instance that spoke last.</param>
/// <param name="Other">The other instance.</param>
public sealed record DeviceConflict(DeviceId DeviceId, ChannelName Channel, string Instance, string Other);
