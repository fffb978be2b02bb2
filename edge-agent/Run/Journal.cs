using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Outbox;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>
/// Writes each step before it is done, together with the report that tells of it: state first, then the outbox. A
/// power cut between the two is made good at the next start.
/// </summary>
internal sealed class Journal(StateFile file, ReportOutbox outbox, DeviceIdentity identity, TimeProvider clock, LocalLayers local)
{
    // Reasons hold words of servers and of ONNX Runtime; the service keeps no novels.
    private const int MaxReason = 500;

    internal AgentState State => file.State;

    internal Deployment Deployment => State.Deployment ?? throw new InvalidOperationException("No deployment is under way.");

    /// <summary>Puts the last report into the outbox if the power went before it got there.</summary>
    internal void Recover()
    {
        if (State.Unqueued is { } report)
        {
            outbox.Append(report);
        }
    }

    /// <summary>Changes what no report tells of.</summary>
    internal void Write(AgentState state) => file.Write(state);

    /// <summary>Opens a deployment; <see cref="DeviceState.Pending"/> is where each one starts.</summary>
    internal void Open(Deployment deployment, bool silently = false) =>
        Save(State with { Deployment = deployment }, silently ? null : deployment, null);

    /// <summary>Moves the deployment on.</summary>
    /// <param name="happened">What happened; the lifecycle table says where it leads.</param>
    /// <param name="change">What else changes in the deployment.</param>
    /// <param name="also">What else changes in the state, given the new deployment in place.</param>
    internal void Move(
        DeviceEvent happened, Func<Deployment, Deployment>? change = null, Func<AgentState, AgentState>? also = null)
    {
        var before = Deployment;
        var moved = before with { State = LifecycleTable.Next(before.State, happened), From = before.State };
        moved = change?.Invoke(moved) ?? moved;
        moved = moved with { Reason = moved.Reason?[..Math.Min(moved.Reason.Length, MaxReason)] };
        var state = State with { Deployment = moved };
        Save(also?.Invoke(state) ?? state, moved, null);
    }

    /// <summary>Gives the reports that wait new numbers, and goes on from there.</summary>
    internal void Renumber(long first)
    {
        outbox.Renumber(first);
        file.Write(State with { LastSeq = outbox.LastSeq, Unqueued = null });
    }

    /// <summary>Says what the device is.</summary>
    internal void ReportInventory() => Save(State, null, identity.Inventory);

    /// <summary>Says what the device is and where it stands: what was said before may not have arrived.</summary>
    internal void ReportEverything() => Save(State, State.Deployment, identity.Inventory);

    /// <summary>Says what the device found wrong with itself.</summary>
    internal void ReportIncident(DeviceIncident incident) =>
        Save(State, null, null, incident with { What = incident.What[..Math.Min(incident.What.Length, MaxReason)] });

    private void Save(AgentState state, Deployment? deployment, DeviceInventory? inventory, DeviceIncident? incident = null)
    {
        if (deployment is null && inventory is null && incident is null)
        {
            file.Write(state);
            return;
        }

        // The outbox may know a higher number when the state was lost and began afresh.
        var seq = Math.Max(state.LastSeq, outbox.LastSeq) + 1;
        var report = new DeviceReport(
            DeviceReport.CurrentSchema,
            identity.DeviceId,
            seq,
            clock.GetUtcNow(),
            identity.Channel,
            inventory,
            deployment is null ? null : StatusOf(deployment, state.ActiveContent),
            deployment?.Assignment.Traceparent)
        {
            Composition = RunningIn(state),
            Incident = incident,
        };
        file.Write(state with { LastSeq = seq, Unqueued = report });
        outbox.Append(report);
    }

    private static DeploymentStatus StatusOf(Deployment deployment, SlotContent? active) => new()
    {
        RolloutId = deployment.Assignment.RolloutId,
        Ring = deployment.Assignment.Ring,
        Release = deployment.Release.Digest,
        Model = deployment.Release.Model,
        Version = deployment.Release.Version,
        Variant = deployment.Variant?.Name,
        Manifest = deployment.Variant?.Manifest ?? default,
        Attempt = deployment.Attempt,
        State = deployment.State,
        From = deployment.From,
        Verified = deployment.Verified,
        Active = active?.Variant.Manifest ?? default,
        ReasonCode = deployment.ReasonCode,
        Reason = deployment.Reason,
        PhaseMs = deployment.PhaseMs.Count == 0 ? null : deployment.PhaseMs,
        BytesFetched = deployment.PhaseMs.ContainsKey("download") ? deployment.BytesFetched : null,
        BytesWhole = deployment.PhaseMs.ContainsKey("download") ? deployment.Variant?.Bytes : null,
        Composition = deployment.Adaptation?.Composition ?? default,
    };

    private CompositionStatus RunningIn(AgentState state) => new(
        state.ActiveContent?.Variant.Manifest ?? default,
        state.ActiveContent?.Adaptation?.Composition ?? default,
        state.ActiveContent?.Adaptation?.Name,
        state.ActiveContent?.Adaptation?.Version,
        local.StateOf(state));
}
