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

    /// <summary>Interruptions of the network in a row that brought nothing; they lengthen the wait and count as no attempt.</summary>
    public int Pauses { get; init; }

    /// <summary><see cref="BytesFetched"/> at the last of them.</summary>
    public long BytesAtPause { get; init; }

    /// <summary>Restarts in the middle of it, clean ones not counted.</summary>
    public int Restarts { get; init; }

    /// <summary>When those came that may be the model's doing; what is older than <see cref="RestartWindow"/> is forgotten.</summary>
    public IReadOnlyList<DateTimeOffset> Falls { get; init => field = value ?? []; } = [];

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

    /// <summary>So many <see cref="Falls"/> within <see cref="RestartWindow"/> end it.</summary>
    internal const int MaxFalls = 3;

    /// <summary>A model that takes its device down does so soon; what comes once a night is a night's reboot.</summary>
    internal static readonly TimeSpan RestartWindow = TimeSpan.FromMinutes(10);

    internal ReleaseRef Release => Assignment.Release;

    /// <summary>True when the device was restarted too often in a short time while it tested, took up or watched the model.</summary>
    internal bool FellTooOften => Falls.Count >= MaxFalls;

    /// <summary>Adds to the time a phase has taken.</summary>
    internal Deployment WithPhase(string name, TimeSpan took) => this with
    {
        PhaseMs = new Dictionary<string, long>(PhaseMs) { [name] = PhaseMs.GetValueOrDefault(name) + (long)took.TotalMilliseconds },
    };
}
