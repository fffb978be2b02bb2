using System.Text.Json.Serialization;
using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.State;

/// <summary>One release on its way into this device.</summary>
/// <param name="Assignment">What was asked for.</param>
/// <param name="Attempt">1 for the first try of this release.</param>
/// <param name="State">Where it is.</param>
internal sealed record Deployment(Assignment Assignment, int Attempt, DeviceState State)
{
    private static readonly IReadOnlyDictionary<string, long> NoPhases = new Dictionary<string, long>();

    /// <summary>The state before, or null.</summary>
    public DeviceState? From { get; init; }

    /// <summary>The variant chosen, or null before that.</summary>
    public VariantOffer? Variant { get; init; }

    /// <summary>The slot it goes into, or null before that.</summary>
    public Slot? Target { get; init; }

    /// <summary>True once signature and digests of everything hold.</summary>
    public bool Verified { get; init; }

    /// <summary>When the soak ends, or null before it began.</summary>
    public DateTimeOffset? SoakUntil { get; init; }

    /// <summary>Interruptions of the network in a row; they lengthen the wait and count as no attempt.</summary>
    public int Pauses { get; init; }

    /// <summary>Nothing is tried before this time.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Why it failed, paused or was refused, in kebab case.</summary>
    public string? ReasonCode { get; init; }

    /// <summary>The same in one sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>Milliseconds each finished phase took, over restarts.</summary>
    public IReadOnlyDictionary<string, long> PhaseMs { get; init => field = value ?? NoPhases; } = NoPhases;

    /// <summary>Bytes that came over the network, over restarts; what a power cut interrupted is not in it.</summary>
    public long BytesFetched { get; init; }

    /// <summary>The release as fresh metadata listed it for this deployment; null before that.</summary>
    public ReleaseTarget? Listed { get; init; }

    /// <summary>What is laid over the variant; null before one was chosen, and for the plain variant.</summary>
    [JsonPropertyName("overlay")]
    public AdaptationPick? Adaptation { get; init; }

    internal ReleaseRef Release => Assignment.Release;

    /// <summary>Adds to the time a phase has taken.</summary>
    internal Deployment WithPhase(string name, TimeSpan took) => this with
    {
        PhaseMs = new Dictionary<string, long>(PhaseMs) { [name] = PhaseMs.GetValueOrDefault(name) + (long)took.TotalMilliseconds },
    };
}
