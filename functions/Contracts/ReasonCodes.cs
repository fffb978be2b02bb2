namespace SlmOps.Contracts;

/// <summary>Reason codes in device reports that more than one place names; <see cref="OutcomeTable"/> has them all.</summary>
public static class ReasonCodes
{
    /// <summary>No variant of the release fits the device's hardware: no verdict on the release.</summary>
    public const string NoVariantFits = "no-variant-fits";

    /// <summary>The release is older than what this device may install: no verdict on the release.</summary>
    public const string BelowFloor = "below-floor";

    /// <summary>Files of the model in charge were lost or damaged on the device.</summary>
    public const string SlotDamaged = "slot-damaged";

    /// <summary>They were, and are what was signed again.</summary>
    public const string SlotRestored = "slot-restored";

    /// <summary>The device had lost its journal and made it anew from what the slots hold.</summary>
    public const string StateRebuilt = "state-rebuilt";

    /// <summary>The model took its test process down, or kept it too long, at every try.</summary>
    public const string SmokeCrashed = "smoke-crashed";

    /// <summary>The model computes something else on this class of processors than where it was validated.</summary>
    public const string SmokeDisagrees = "smoke-disagrees";

    /// <summary>The test process was killed or took too long; whose doing that is the next tries show.</summary>
    public const string SmokeInterrupted = "smoke-interrupted";

    /// <summary>The device was restarted too often in the middle of a deployment.</summary>
    public const string TooManyAttempts = "too-many-attempts";

    /// <summary>The release was taken back by its channel.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>
    /// How codes begin that tell of the metadata and not of a release: it expired, or somebody on the way changes it.
    /// The device waits, and the release is neither good nor bad for it.
    /// </summary>
    public const string MetadataPrefix = "metadata-";
}
