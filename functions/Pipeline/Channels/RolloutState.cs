using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Pipeline.Channels;

/// <summary>States of a rollout, hawkBit's names; <see cref="RollingBack"/>, <see cref="RolledBack"/> and <see cref="Superseded"/> are ours.</summary>
[JsonConverter(typeof(StateNames<RolloutState>))]
internal enum RolloutState
{
    Ready,
    Running,
    Paused,
    Finished,
    RollingBack,
    RolledBack,
    Superseded,
}

/// <summary>States of one ring, hawkBit's names.</summary>
[JsonConverter(typeof(StateNames<RingState>))]
internal enum RingState
{
    Scheduled,
    Running,
    Finished,
    Error,
}

/// <summary>Upper snake case on the wire: <c>ROLLING_BACK</c>.</summary>
internal sealed class StateNames<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false)
    where T : struct, Enum;
