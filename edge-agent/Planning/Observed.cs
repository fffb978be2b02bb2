using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>What this device is and where it stands: all that a plan may depend on besides the channel and the time.</summary>
internal sealed record Observed(
    DeviceId DeviceId,
    IReadOnlyDictionary<string, string> Labels,
    Hardware Hardware,
    Preference Preference,
    AgentState State)
{
    /// <summary>Class of the processor; null for one that nothing is known of.</summary>
    public string? ProcessorClass { get; init; }

    /// <summary>Adaptations of the channel.</summary>
    public IReadOnlyList<ChannelOverlay> Adaptations { get; init; } = [];

    /// <summary>The device's own layer, or null when there is none that counts.</summary>
    public LocalPin? Local { get; init; }

    internal bool IsCondemned(Digest release) => State.Condemned.Any(one => one.Release == release);

    internal IReadOnlySet<Digest> CondemnedManifests =>
        State.Condemned.Where(one => !one.Manifest.IsEmpty).Select(one => one.Manifest).ToHashSet();

    internal KnownRelease? Known(Digest release) => State.Known.FirstOrDefault(one => one.Release.Digest == release);
}
