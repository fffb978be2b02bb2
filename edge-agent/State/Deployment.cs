using System.Text.Json.Serialization;
using SlmOps.Contracts;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent.State;

/// <summary>One release on its way into this device.</summary>
/// <param name="Assignment">What was asked for.</param>
/// <param name="Attempt">1 for the first try of this release.</param>
/// <param name="State">Where it is.</param>
/// <param name="From">The state before, or null.</param>
/// <param name="Variant">The variant chosen, or null before that.</param>
/// <param name="Target">The slot it goes into, or null before that.</param>
/// <param name="Verified">True once signature and digests of everything hold.</param>
/// <param name="SoakUntil">When the soak ends, or null before it began.</param>
/// <param name="Pauses">Interruptions of the network in a row; they lengthen the wait and count as no attempt.</param>
/// <param name="NotBefore">Nothing is tried before this time.</param>
/// <param name="ReasonCode">Why it failed, paused or was refused, in kebab case.</param>
/// <param name="Reason">The same in one sentence.</param>
/// <param name="PhaseMs">Milliseconds each finished phase took, over restarts.</param>
/// <param name="BytesFetched">Bytes that came over the network, over restarts; what a power cut interrupted is not in it.</param>
internal sealed record Deployment(
    Assignment Assignment,
    int Attempt,
    DeviceState State,
    DeviceState? From,
    VariantOffer? Variant,
    Slot? Target,
    bool Verified,
    DateTimeOffset? SoakUntil,
    int Pauses,
    DateTimeOffset? NotBefore,
    string? ReasonCode,
    string? Reason,
    IReadOnlyDictionary<string, long> PhaseMs,
    long BytesFetched = 0)
{
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
