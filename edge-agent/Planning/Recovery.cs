using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>What a start of the agent makes of the state it finds.</summary>
internal static class Recovery
{
    /// <summary>
    /// A restart while a model was tested, switched to or watched may be that model's doing, so it counts as a try;
    /// one during a download is nobody's fault. What the metadata said before the start may be old by now.
    /// </summary>
    internal static AgentState OnStart(AgentState state) => state.Deployment switch
    {
        { State: DeviceState.SmokeTesting or DeviceState.Activating or DeviceState.Soaking } tried =>
            state with { Deployment = tried with { Attempt = tried.Attempt + 1 } },
        { State: DeviceState.Pending, Listed: not null } pending => state with { Deployment = pending with { Listed = null } },
        _ => state,
    };
}
