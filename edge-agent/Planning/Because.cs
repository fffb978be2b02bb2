namespace SlmOps.EdgeAgent.Planning;

/// <summary>Why a plan is empty.</summary>
internal enum Because
{
    /// <summary>The device runs what the channel asks for.</summary>
    AlreadyActive,

    /// <summary>No channel document that the device trusts has been seen yet.</summary>
    ChannelUnknown,

    /// <summary>The channel document is past its date: nothing new is installed, what runs keeps running.</summary>
    ChannelExpired,

    /// <summary>The channel has no release yet.</summary>
    NothingReleased,

    /// <summary>There is only a candidate, and no open ring of it admits this device.</summary>
    NotInRing,

    /// <summary>The release failed on this device before and is not tried again.</summary>
    Condemned,

    /// <summary>What runs was withdrawn, and there is nothing else this device may run.</summary>
    WithdrawnNothingToGoBackTo,

    /// <summary>No variant of the release fits this device.</summary>
    NoVariantFits,

    /// <summary>The release was refused: its signature or its metadata does not hold.</summary>
    Refused,

    /// <summary>The last try failed; the next one comes later.</summary>
    BackingOff,

    /// <summary>The rollout is paused, and its release is not active here.</summary>
    RolloutPaused,

    /// <summary>The new model is active and watched.</summary>
    Soaking,
}
