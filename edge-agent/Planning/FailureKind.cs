namespace SlmOps.EdgeAgent.Planning;

/// <summary>What a failed step means for its deployment.</summary>
internal enum FailureKind
{
    /// <summary>The network or the service was not there: wait and go on where it stopped.</summary>
    Transient,

    /// <summary>This try failed; another one may work.</summary>
    Attempt,

    /// <summary>Metadata that does not hold: the release is refused as it stands.</summary>
    Refused,

    /// <summary>The model itself is bad on this device: never again.</summary>
    Condemning,
}
