namespace SlmOps.Contracts;

/// <summary>Why a device does nothing about what its channel asks for: the codes of <see cref="DeviceHold"/>.</summary>
public static class HoldCodes
{
    /// <summary>The newest document it has is past its date by the device's clock, which may be wrong.</summary>
    public const string ChannelExpired = "channel-expired";

    /// <summary>It gets no channel document that it can follow.</summary>
    public const string ChannelTrouble = "channel-trouble";

    /// <summary>The release failed there before, and is not tried again by itself.</summary>
    public const string Condemned = "condemned";

    /// <summary>The release was refused there, and is asked for again later.</summary>
    public const string Refused = "refused";

    /// <summary>No variant of the release fits it.</summary>
    public const string NoVariantFits = "no-variant-fits";

    /// <summary>The last try failed; the next one comes later.</summary>
    public const string BackingOff = "backing-off";

    /// <summary>The rollout is paused.</summary>
    public const string RolloutPaused = "rollout-paused";

    /// <summary>What runs was withdrawn, and there is nothing to go back to.</summary>
    public const string NothingToGoBackTo = "nothing-to-go-back-to";

    /// <summary>It watches another release that was activated before, until that is committed.</summary>
    public const string Busy = "busy";
}
