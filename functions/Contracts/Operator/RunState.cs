using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Operator;

/// <summary>Where a run is. The states of its rollout follow those of the pipeline; an adaptation ends as published or withdrawn.</summary>
[JsonConverter(typeof(StateNames<RunState>))]
public enum RunState
{
    /// <summary>The stages work on it.</summary>
    Building,

    /// <summary>Refused as a whole, with reasons.</summary>
    Rejected,

    /// <summary>Released; its rollout has not begun yet.</summary>
    Released,

    /// <summary>Its rollout was made and has not begun.</summary>
    Ready,

    /// <summary>Its rollout opens rings.</summary>
    Running,

    /// <summary>Its rollout waits for a person.</summary>
    Paused,

    /// <summary>Every ring passed.</summary>
    Finished,

    /// <summary>Withdrawn; devices are on their way back.</summary>
    RollingBack,

    /// <summary>Withdrawn; no device runs it.</summary>
    RolledBack,

    /// <summary>A newer release took its place before it was through.</summary>
    Superseded,

    /// <summary>An adaptation that its channel offers.</summary>
    Published,

    /// <summary>An adaptation that its channel offered once.</summary>
    Withdrawn,
}

/// <summary>What follows from a state.</summary>
public static class RunStates
{
    /// <summary>True when nothing more happens by itself.</summary>
    public static bool IsEnd(this RunState state) => state
        is RunState.Rejected or RunState.Paused or RunState.Finished or RunState.RolledBack or RunState.Superseded
        or RunState.Published or RunState.Withdrawn;

    /// <summary>True when the run ended as its uploader wanted it.</summary>
    public static bool IsSuccess(this RunState state) => state is RunState.Finished or RunState.Published;

    /// <summary>The state of a run whose rollout exists.</summary>
    public static RunState Of(RolloutState rollout) => rollout switch
    {
        RolloutState.Ready => RunState.Ready,
        RolloutState.Running => RunState.Running,
        RolloutState.Paused => RunState.Paused,
        RolloutState.Finished => RunState.Finished,
        RolloutState.RollingBack => RunState.RollingBack,
        RolloutState.RolledBack => RunState.RolledBack,
        RolloutState.Superseded => RunState.Superseded,
        _ => throw new ArgumentOutOfRangeException(nameof(rollout), rollout, "There is no such state."),
    };
}
