namespace SlmOps.Contracts;

/// <summary>Reason codes in device reports that the pipeline acts on; all others are for people.</summary>
public static class ReasonCodes
{
    /// <summary>No variant of the release fits the device's hardware: no verdict on the release.</summary>
    public const string NoVariantFits = "no-variant-fits";
}
