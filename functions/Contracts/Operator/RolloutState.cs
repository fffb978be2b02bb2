using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Operator;

/// <summary>States of a rollout, hawkBit's names; <see cref="RollingBack"/>, <see cref="RolledBack"/> and <see cref="Superseded"/> are ours.</summary>
[JsonConverter(typeof(StateNames<RolloutState>))]
public enum RolloutState
{
    /// <summary>Made, no ring is open.</summary>
    Ready,

    /// <summary>At least one ring is open.</summary>
    Running,

    /// <summary>Waits for a person; devices that have not activated the release stay where they are.</summary>
    Paused,

    /// <summary>Every ring passed.</summary>
    Finished,

    /// <summary>Withdrawn; devices are on their way back.</summary>
    RollingBack,

    /// <summary>Withdrawn; no device runs it.</summary>
    RolledBack,

    /// <summary>A newer release took its place.</summary>
    Superseded,
}
