using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Operator;

/// <summary>States of one ring, hawkBit's names.</summary>
[JsonConverter(typeof(StateNames<RingState>))]
public enum RingState
{
    /// <summary>Not open yet.</summary>
    Scheduled,

    /// <summary>Its devices may take the release.</summary>
    Running,

    /// <summary>Its gate let it pass.</summary>
    Finished,

    /// <summary>Its gate stopped the rollout.</summary>
    Error,
}
