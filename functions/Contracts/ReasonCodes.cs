namespace SlmOps.Contracts;

/// <summary>Reason codes in device reports that the pipeline acts on; all others are for people.</summary>
public static class ReasonCodes
{
    /// <summary>No variant of the release fits the device's hardware: no verdict on the release.</summary>
    public const string NoVariantFits = "no-variant-fits";

    /// <summary>The release is older than what this device may install: no verdict on the release.</summary>
    public const string BelowFloor = "below-floor";

    /// <summary>
    /// How codes begin that tell of the metadata and not of a release: it expired, or somebody on the way changes it.
    /// The device waits, and the release is neither good nor bad for it.
    /// </summary>
    public const string MetadataPrefix = "metadata-";
}
