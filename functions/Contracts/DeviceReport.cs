namespace SlmOps.Contracts;

/// <summary>What a device sends: <c>POST /api/v1/devices/{id}/reports</c>, oldest first, at most 100 at once.</summary>
/// <param name="Reports">The reports.</param>
public sealed record DeviceReportBatch(IReadOnlyList<DeviceReport> Reports);

/// <summary>Answer to a batch: a device may drop everything up to this number.</summary>
/// <param name="AcceptedSeq">Highest <see cref="DeviceReport.Seq"/> stored.</param>
public sealed record DeviceReportReceipt(long AcceptedSeq);

/// <summary>One thing a device says about itself. It never holds prompts, outputs or other user data.</summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="DeviceId">Device id, a <see cref="SafeName"/>.</param>
/// <param name="Seq">Grows by one with each report of the device, over restarts; duplicates are dropped by it.</param>
/// <param name="Time">Device clock.</param>
/// <param name="Channel">Channel the device follows.</param>
/// <param name="Inventory">Hardware and labels, sent at start and when they change.</param>
/// <param name="Deployment">A change of deployment state, or null for inventory alone.</param>
/// <param name="Traceparent">W3C trace context.</param>
public sealed record DeviceReport(
    int Schema,
    string DeviceId,
    long Seq,
    DateTimeOffset Time,
    string Channel,
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

    /// <summary>Most reports in one batch.</summary>
    public const int MaxBatch = 100;
}

/// <summary>Something a device found wrong with its own files.</summary>
/// <param name="Code">Machine-readable, in kebab case; see <see cref="ReasonCodes"/>.</param>
/// <param name="What">The same in one sentence, at most 500 characters.</param>
public sealed record DeviceIncident(string Code, string What);

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
    IReadOnlyDictionary<string, string> Labels);

/// <summary>Where a device is with one release.</summary>
/// <param name="RolloutId">The rollout that brought it, or null when it came as the channel's stable release.</param>
/// <param name="Ring">Ring name, or null.</param>
/// <param name="Release">Index digest of the release.</param>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Variant">Variant chosen, or null before that.</param>
/// <param name="Manifest">Manifest digest of the variant, or default.</param>
/// <param name="Attempt">1 for the first try of this release on this device.</param>
/// <param name="State">The state entered.</param>
/// <param name="From">The state left, or null for the first.</param>
/// <param name="Verified">True when signature and all digests of the variant were checked on the device.</param>
/// <param name="Active">Manifest digest of what the device runs now, or default for nothing.</param>
/// <param name="ReasonCode">Machine-readable reason of a failure or refusal, in kebab case.</param>
/// <param name="Reason">The same in one sentence.</param>
/// <param name="PhaseMs">Milliseconds each finished phase took.</param>
/// <param name="BytesFetched">Bytes that came over the network for this try, deltas and broken downloads included; null before a download.</param>
/// <param name="BytesWhole">Bytes of the whole variant: what a device that holds nothing would fetch.</param>
public sealed record DeploymentStatus(
    string? RolloutId,
    string? Ring,
    Digest Release,
    string Model,
    string Version,
    string? Variant,
    Digest Manifest,
    int Attempt,
    DeviceState State,
    DeviceState? From,
    bool Verified,
    Digest Active,
    string? ReasonCode,
    string? Reason,
    IReadOnlyDictionary<string, long>? PhaseMs,
    long? BytesFetched = null,
    long? BytesWhole = null)
{
    /// <summary>Digest of the composition that is laid over the variant, or default for the plain variant.</summary>
    public Digest Composition { get; init; }
}

/// <summary>What a device runs: the variant and what is laid over it.</summary>
/// <param name="Base">Manifest digest of the variant, or default for nothing.</param>
/// <param name="Composition">Digest of the composition over it, or default for the plain variant.</param>
/// <param name="Name">Name of the adaptation, or null.</param>
/// <param name="Version">Its version, or null.</param>
/// <param name="LocalLayer">What became of the device's own layer, one of <see cref="LocalLayerStates"/>.</param>
public sealed record CompositionStatus(Digest Base, Digest Composition, string? Name, string? Version, string LocalLayer);

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
