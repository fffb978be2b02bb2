namespace SlmOps.Contracts;

/// <summary>Whose doing it is that a deployment did not end well.</summary>
public enum OutcomeClass
{
    /// <summary>The model's, or its signature's: it would be the same on every such device. Counts against the release at once.</summary>
    Release,

    /// <summary>Of the way from the service to the device. The device tries again.</summary>
    Delivery,

    /// <summary>Of this one device: its disk, its memory, its power. The device tries again.</summary>
    Device,

    /// <summary>
    /// Of this class of processors (<see cref="ProcessorClass"/>): the variant computes something else there than where it was
    /// tried. Counts against the release at once, for devices of that class alone.
    /// </summary>
    Processor,
}

/// <summary>What a reason code says about a release.</summary>
/// <param name="Code">The code in kebab case; a star at the end stands for whatever follows.</param>
/// <param name="Class">Whose doing it is.</param>
/// <param name="Means">What happened, in one sentence.</param>
public sealed record OutcomeRow(string Code, OutcomeClass Class, string Means);

/// <summary>
/// The reason codes of failures and refusals, each with its class. The agent condemns a release for the classes
/// release and processor; the gate withdraws one for the first from all devices, for the second from devices of that class of
/// processors. docs/agent.md shows the same rows.
/// </summary>
public static class OutcomeTable
{
    /// <summary>Every row; a code is judged by the longest that matches it.</summary>
    public static IReadOnlyList<OutcomeRow> Rows { get; } =
    [
        new("smoke-failed", OutcomeClass.Release, "the model does not load or does not run"),
        new(
            ReasonCodes.SmokeDisagrees,
            OutcomeClass.Processor,
            "on this class of processors it does not compute what it computed where it was validated"),
        new("smoke-not-finite", OutcomeClass.Release, "its outputs are not finite numbers on zero inputs"),
        new("smoke-memory", OutcomeClass.Release, "it takes more memory than its variant says"),
        new("smoke-unsupported", OutcomeClass.Release, "it has inputs that no device can fill"),
        new(
            ReasonCodes.SmokeCrashed,
            OutcomeClass.Release,
            "it took its test process down, or kept it too long, in three tries, while a tiny model ran well"),
        new("no-single-model", OutcomeClass.Release, "its package holds no model, or more than one"),
        new("signature", OutcomeClass.Release, "the release key did not sign it"),
        new("statement", OutcomeClass.Release, "what was signed is another release"),
        new("index-*", OutcomeClass.Release, "its index does not hold"),
        new("bundle-*", OutcomeClass.Release, "its signature's bundle does not hold"),
        new("manifest-*", OutcomeClass.Release, "a variant's manifest is not what the signed index says"),
        new("composition-*", OutcomeClass.Release, "an adaptation does not hold; the release under it keeps its name"),
        new("composition-unavailable", OutcomeClass.Delivery, "the service did not give in three tries what an adaptation needs"),
        new("network", OutcomeClass.Delivery, "no connection, or one that broke"),
        new("service-unavailable", OutcomeClass.Delivery, "the service or its storage answered 403, 408, 429 or 5xx"),
        new("resume-refused", OutcomeClass.Delivery, "storage did not go on where a download stopped"),
        new("blob-refused", OutcomeClass.Delivery, "storage answered otherwise, such as 404"),
        new("digest-mismatch", OutcomeClass.Delivery, "other bytes came than were signed, as from a captive portal"),
        new("too-large", OutcomeClass.Delivery, "more bytes came than were signed"),
        new(ReasonCodes.MetadataPrefix + "*", OutcomeClass.Delivery, "no fresh metadata came"),
        new("disk-full", OutcomeClass.Device, "there is no room for it"),
        new("disk", OutcomeClass.Device, "the disk cannot be read or written"),
        new("stored-blob-damaged", OutcomeClass.Device, "the device's store gave back other bytes than it took"),
        new(ReasonCodes.SlotDamaged, OutcomeClass.Device, "files of a slot were lost or damaged on the device"),
        new("smoke-not-started", OutcomeClass.Device, "the test process could not be started"),
        new(ReasonCodes.SmokeInterrupted, OutcomeClass.Device, "the test process was killed or took too long; it is tried again"),
        new("environment", OutcomeClass.Device, "not even a tiny model runs on the device, such as without ONNX Runtime's library"),
        new("local-layer-*", OutcomeClass.Device, "the device's own layer is damaged or was changed"),
        new(
            ReasonCodes.TooManyAttempts,
            OutcomeClass.Device,
            "the device was restarted three times within ten minutes in the middle of it"),
        new(ReasonCodes.NoVariantFits, OutcomeClass.Device, "no variant fits its hardware: no verdict on the release"),
        new(ReasonCodes.BelowFloor, OutcomeClass.Device, "older than what was installed before: no verdict on the release"),
    ];

    /// <summary>
    /// The class of a reason code. One that is not in the table, or none at all, counts against the release: a failure that
    /// nobody understands must not pass a ring.
    /// </summary>
    public static OutcomeClass Of(string? code) => code is null
        ? OutcomeClass.Release
        : Rows.Where(row => Matches(row.Code, code)).MaxBy(row => row.Code.Length)?.Class ?? OutcomeClass.Release;

    /// <summary>True for the classes that condemn: what failed is the model, here or everywhere, and another try would end alike.</summary>
    public static bool Condemns(string? code) => Of(code) is OutcomeClass.Release or OutcomeClass.Processor;

    /// <summary>True when the table names the code.</summary>
    public static bool Knows(string code) => Rows.Any(row => Matches(row.Code, code));

    private static bool Matches(string row, string code) =>
        row[^1] == '*' ? code.StartsWith(row[..^1], StringComparison.Ordinal) : row == code;
}
