using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>The agent tried a step that its own table forbids: a fault of the agent, never of its input.</summary>
internal sealed class IllegalTransitionException(DeviceState state, DeviceEvent happened)
    : InvalidOperationException($"A deployment that is {state} cannot take {happened}; see LifecycleTable.");
