using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>What the channel asks of this device.</summary>
/// <param name="Release">The release to run.</param>
/// <param name="RolloutId">The rollout that brings it, or null for the channel's stable release.</param>
/// <param name="Ring">The open ring that admits this device, or null.</param>
/// <param name="SoakSeconds">How long it must stay healthy before it is committed.</param>
/// <param name="Traceparent">W3C trace context for the reports.</param>
internal sealed record Assignment(ReleaseRef Release, string? RolloutId, string? Ring, int SoakSeconds, string? Traceparent);
