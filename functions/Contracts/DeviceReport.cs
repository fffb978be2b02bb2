namespace SlmOps.Contracts;

/// <summary>What a device sends: <c>POST /api/v1/devices/{id}/reports</c>, oldest first, at most 100 at once.</summary>
/// <param name="Reports">The reports.</param>
public sealed record DeviceReportBatch(IReadOnlyList<DeviceReport> Reports);

/// <summary>Answer to a batch: a device may drop everything up to this number.</summary>
/// <param name="AcceptedSeq">Highest <see cref="DeviceReport.Seq"/> of the batch.</param>
public sealed record DeviceReportReceipt(long AcceptedSeq)
{
    /// <summary>
    /// Highest number known of this life of the device. A device that numbers below it, because its clock or its folder went back,
    /// goes on from there; what it said below it was not taken.
    /// </summary>
    public long HighestSeq { get; init; }
}

/// <summary>One thing a device says about itself. It never holds prompts, outputs or other user data.</summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="DeviceId">Device id.</param>
/// <param name="Seq">Grows by one with each report of the device, over restarts; duplicates are dropped by it.</param>
/// <param name="Time">Device clock.</param>
/// <param name="Channel">Channel the device follows.</param>
/// <param name="Inventory">Hardware and labels, sent at start and when they change.</param>
/// <param name="Deployment">A change of deployment state, or null for inventory alone.</param>
/// <param name="Traceparent">W3C trace context.</param>
public sealed record DeviceReport(
    int Schema,
    DeviceId DeviceId,
    long Seq,
    DateTimeOffset Time,
    ChannelName Channel,
    DeviceInventory? Inventory,
    DeploymentStatus? Deployment,
    string? Traceparent)
{
    /// <summary>The format version this code reads and writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>What runs on the device; null from an agent that knows no compositions.</summary>
    public CompositionStatus? Composition { get; init; }

    /// <summary>Something the device found wrong with itself, and mended or not; null in all other reports.</summary>
    public DeviceIncident? Incident { get; init; }

    /// <summary>
    /// A random id of the data folder the report comes from: 32 hexadecimal digits. Another one is another life of the device, and
    /// two in turn are two devices under one id. Null from an agent that knows none.
    /// </summary>
    public string? Instance { get; init; }

    /// <summary>Why the device does nothing about what its channel asks for; null when it does, or has.</summary>
    public DeviceHold? Hold { get; init; }

    /// <summary>Which variant the device settled on and why; null in reports that say nothing new of it.</summary>
    public DeviceChoice? Choice { get; init; }

    /// <summary>Most reports in one batch.</summary>
    public const int MaxBatch = 100;
}

/// <summary>Something a device found wrong with its own files.</summary>
/// <param name="Code">Machine-readable, in kebab case; see <see cref="ReasonCodes"/>.</param>
/// <param name="What">The same in one sentence, at most 500 characters.</param>
public sealed record DeviceIncident(string Code, string What);

/// <summary>Why a device stays where it is although its channel asks for something else.</summary>
/// <param name="Code">Machine-readable, in kebab case: one of <see cref="HoldCodes"/>.</param>
/// <param name="Reason">The same in one sentence, at most 500 characters.</param>
public sealed record DeviceHold(string Code, string Reason);

/// <summary>What a device is.</summary>
/// <param name="AgentVersion">Version of the agent.</param>
/// <param name="OrtVersion">Version of ONNX Runtime it loads.</param>
/// <param name="Os">Operating system.</param>
/// <param name="Architecture">Processor architecture, such as <c>x64</c> or <c>arm64</c>.</param>
/// <param name="Cores">Processor cores the agent may use.</param>
/// <param name="RamBytes">Memory the model may use, in bytes.</param>
/// <param name="InstructionSets">Instruction sets that matter to the kernels, such as <c>avx2</c>.</param>
/// <param name="Labels">Labels for ring selectors.</param>
public sealed record DeviceInventory(
    string AgentVersion,
    string OrtVersion,
    string Os,
    string Architecture,
    int Cores,
    long RamBytes,
    IReadOnlyList<string> InstructionSets,
    IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>One of <see cref="Contracts.ProcessorClass"/>; null from an agent that does not know its own.</summary>
    public string? ProcessorClass { get; init; }
}

/// <summary>Where a device is with one release.</summary>
public sealed record DeploymentStatus
{
    /// <summary>The rollout that brought it, or null when it came as the channel's stable release.</summary>
    public string? RolloutId { get; init; }

    /// <summary>Ring name, or null.</summary>
    public string? Ring { get; init; }

    /// <summary>Index digest of the release.</summary>
    public required Digest Release { get; init; }

    /// <summary>Model name.</summary>
    public required ModelName Model { get; init; }

    /// <summary>Model version.</summary>
    public required ModelVersion Version { get; init; }

    /// <summary>Variant chosen, or null before that.</summary>
    public string? Variant { get; init; }

    /// <summary>Manifest digest of the variant, or default.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>1 for the first try of this release on this device.</summary>
    public required int Attempt { get; init; }

    /// <summary>The state entered.</summary>
    public required DeviceState State { get; init; }

    /// <summary>The state left, or null for the first.</summary>
    public DeviceState? From { get; init; }

    /// <summary>True when signature and all digests of the variant were checked on the device.</summary>
    public required bool Verified { get; init; }

    /// <summary>Manifest digest of what the device runs now, or default for nothing.</summary>
    public required Digest Active { get; init; }

    /// <summary>Machine-readable reason of a failure or refusal, in kebab case.</summary>
    public string? ReasonCode { get; init; }

    /// <summary>The same in one sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>Milliseconds each finished phase took.</summary>
    public IReadOnlyDictionary<string, long>? PhaseMs { get; init; }

    /// <summary>Restarts in the middle of this deployment: the agent's or the machine's, clean ones not counted.</summary>
    public int? Restarts { get; init; }

    /// <summary>Bytes that came over the network for this try, deltas and broken downloads included; null before a download.</summary>
    public long? BytesFetched { get; init; }

    /// <summary>Bytes of the whole variant: what a device that holds nothing would fetch.</summary>
    public long? BytesWhole { get; init; }

    /// <summary>Digest of the composition that is laid over the variant, or default for the plain variant.</summary>
    public Digest Composition { get; init; }
}

/// <summary>What a device runs: the variant and what is laid over it.</summary>
/// <param name="Base">Manifest digest of the variant, or default for nothing.</param>
/// <param name="Composition">Digest of the composition over it, or default for the plain variant.</param>
/// <param name="Name">Name of the adaptation, or null.</param>
/// <param name="Version">Its version, or null.</param>
/// <param name="LocalLayer">What became of the device's own layer, one of <see cref="LocalLayerStates"/>.</param>
public sealed record CompositionStatus(Digest Base, Digest Composition, ModelName? Name, ModelVersion? Version, string LocalLayer);

/// <summary>What became of a device's local layer, as its reports say it.</summary>
public static class LocalLayerStates
{
    /// <summary>The device has none.</summary>
    public const string None = "none";

    /// <summary>It is part of what runs.</summary>
    public const string Active = "active";

    /// <summary>It belongs to what runs and is being brought into it.</summary>
    public const string Pending = "pending";

    /// <summary>It was made for another base. It is kept, and is active again when that base is.</summary>
    public const string DisabledOtherBase = "disabled-other-base";

    /// <summary>The device's key did not sign it, or it cannot be read.</summary>
    public const string DisabledUntrusted = "disabled-untrusted";

    /// <summary>What runs leaves no room for one.</summary>
    public const string DisabledNoRoom = "disabled-no-room";

    /// <summary>The model failed with it.</summary>
    public const string DisabledFailed = "disabled-failed";
}
