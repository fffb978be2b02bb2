using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>What a start of the agent makes of the state it finds. Pure.</summary>
internal static class Recovery
{
    /// <summary>
    /// A restart that nobody asked for is counted. One while a model was tested, switched to or watched may be that model's doing,
    /// if more come soon; one during a download is nobody's fault. What the metadata said before the start may be old by now.
    /// </summary>
    /// <param name="state">The state as it was found.</param>
    /// <param name="clock">The device's clock.</param>
    internal static AgentState OnStart(AgentState state, DateTimeOffset clock)
    {
        var clean = state.StoppedCleanly;
        state = clean ? state with { StoppedCleanly = false } : state;
        if (state.Deployment is not { } open || LifecycleTable.IsFinal(open.State))
        {
            return state;
        }

        open = open is { State: DeviceState.Pending, Listed: not null } ? open with { Listed = null } : open;
        open = clean ? open : Fallen(open, clock < state.ClockFloor ? state.ClockFloor : clock);
        return state with { Deployment = open };
    }

    /// <summary>The agent ran long enough without a fall: what fell before says nothing any more, whatever the clock says.</summary>
    internal static AgentState OnSteady(AgentState state) =>
        state.Deployment is { Falls.Count: > 0 } deployment ? state with { Deployment = deployment with { Falls = [] } } : state;

    private static Deployment Fallen(Deployment open, DateTimeOffset now) => open with
    {
        Restarts = open.Restarts + 1,
        Falls = open.State is DeviceState.SmokeTesting or DeviceState.Activating or DeviceState.Soaking
            ? [.. open.Falls.Where(fall => fall <= now && now - fall < Deployment.RestartWindow), now]
            : open.Falls,
    };
}
