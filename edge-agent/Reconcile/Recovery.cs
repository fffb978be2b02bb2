using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Reconcile;

/// <summary>What a start of the agent makes of the state it finds.</summary>
internal static class Recovery
{
    /// <summary>
    /// A restart while a model was tested, switched to or watched may be that model's doing, so it counts as a try;
    /// one during a download is nobody's fault.
    /// </summary>
    internal static AgentState OnStart(AgentState state) =>
        state.Deployment is { State: DeviceState.SmokeTesting or DeviceState.Activating or DeviceState.Soaking } deployment
            ? state with { Deployment = deployment with { Attempt = deployment.Attempt + 1 } }
            : state;
}
