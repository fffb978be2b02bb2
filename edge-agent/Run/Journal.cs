using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Outbox;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>
/// Writes each step before it is done, together with the report that tells of it: state first, then the outbox. A
/// power cut between the two is made good at the next start. One thread changes the state; another one may make reports.
/// </summary>
internal sealed class Journal(StateFile file, ReportOutbox outbox, DeviceIdentity identity, TimeProvider clock, LocalLayers local)
{
    // Reasons hold words of servers and of ONNX Runtime; the service keeps no novels.
    private const int MaxReason = 500;

    private readonly Lock _gate = new();

    // The outbox may know a higher number when the state was lost and began afresh.
    private long _lastSeq = Math.Max(file.State.LastSeq, outbox.LastSeq);
    private DeviceReport? _unqueued = file.State.Unqueued;
    private (long Seq, bool Everything) _beat;

    internal AgentState State => file.State;

    internal Deployment Deployment => State.Deployment ?? throw new InvalidOperationException("No deployment is under way.");

    /// <summary>When the last report was made.</summary>
    internal Moment Said { get; private set; } = new(clock);

    /// <summary>Bytes fetched for the deployment so far, while a download runs; null else.</summary>
    internal Func<long>? Fetched { get; set; }

    /// <summary>Puts the last report into the outbox if the power went before it got there.</summary>
    internal void Recover()
    {
        if (State.Unqueued is { } report)
        {
            outbox.Append(report);
        }
    }

    /// <summary>Changes what no report tells of.</summary>
    internal void Write(AgentState state)
    {
        lock (_gate)
        {
            file.Write(state with { LastSeq = _lastSeq, Unqueued = _unqueued });
        }
    }

    /// <summary>Opens a deployment; <see cref="DeviceState.Pending"/> is where each one starts.</summary>
    internal void Open(Deployment deployment, bool silently = false)
    {
        var state = State with { Deployment = deployment, Hold = null };
        if (silently)
        {
            Write(state);
        }
        else
        {
            Save(state, deployment, null);
        }
    }

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
        var state = State with { Deployment = moved, Hold = null };
        Save(also?.Invoke(state) ?? state, moved, null);
    }

    /// <summary>Gives the reports that wait new numbers, and goes on from there.</summary>
    internal void Renumber(long first)
    {
        lock (_gate)
        {
            outbox.Renumber(first);
            (_lastSeq, _unqueued) = (outbox.LastSeq, null);
            Write(State);
        }
    }

    /// <summary>Goes on above a number that the service knows from a life before, and says once more where the device stands.</summary>
    internal void GoOnAbove(long highest)
    {
        lock (_gate)
        {
            Renumber(highest + 1);
            ReportEverything();
        }
    }

    /// <summary>Says what the device is.</summary>
    internal void ReportInventory() => Save(State, null, identity.Inventory);

    /// <summary>Says what the device is and where it stands: what was said before may not have arrived.</summary>
    internal void ReportEverything() => Save(State, State.Deployment, identity.Inventory);

    /// <summary>Says what the device found wrong with itself.</summary>
    internal void ReportIncident(DeviceIncident incident) => Save(State, null, null, Short(incident));

    /// <summary>Says why nothing is done, or that this is over; nothing when it was said before.</summary>
    internal void Hold(Holding? hold)
    {
        if (hold is null ? State.Hold is not null : !hold.IsSame(State.Hold))
        {
            Save(State with { Hold = hold }, null, null);
        }
    }

    /// <summary>The agent ends because it was told to: what is under way was not interrupted by it.</summary>
    internal void Stop()
    {
        if (State is { StoppedCleanly: false, Deployment: { } open } && !LifecycleTable.IsFinal(open.State))
        {
            Write(State with { StoppedCleanly = true });
        }
    }

    /// <summary>
    /// Says that the device lives and where it stands, whatever the state's own thread is doing. One that still waits to be sent is
    /// enough.
    /// </summary>
    internal void Beat(bool everything)
    {
        lock (_gate)
        {
            if (outbox.Count > 0 && outbox.LastSeq == _beat.Seq && (_beat.Everything || !everything))
            {
                Said = new(clock);
                return;
            }

            // Only the outbox: the state is not this thread's to write.
            var report = Report(State, State.Deployment, everything ? identity.Inventory : null, null);
            (_lastSeq, _beat) = (report.Seq, (report.Seq, everything));
            outbox.Append(report);
        }
    }

    /// <summary>A report that is not stored, for a disk that takes none.</summary>
    internal DeviceReport Unstored(DeviceIncident incident)
    {
        lock (_gate)
        {
            var report = Report(State, State.Deployment, null, Short(incident));
            _lastSeq = report.Seq;
            return report;
        }
    }

    private void Save(AgentState state, Deployment? deployment, DeviceInventory? inventory, DeviceIncident? incident = null)
    {
        lock (_gate)
        {
            var report = Report(state, deployment, inventory, incident);
            file.Write(state with { LastSeq = report.Seq, Unqueued = report });
            (_lastSeq, _unqueued) = (report.Seq, report);
            outbox.Append(report);
        }
    }

    private DeviceReport Report(AgentState state, Deployment? deployment, DeviceInventory? inventory, DeviceIncident? incident)
    {
        Said = new(clock);
        return new(
            DeviceReport.CurrentSchema,
            identity.DeviceId,
            Math.Max(_lastSeq, outbox.LastSeq) + 1,
            clock.GetUtcNow(),
            identity.Channel,
            inventory,
            deployment is null ? null : StatusReport.Of(deployment, state.ActiveContent, Fetched?.Invoke()),
            deployment?.Assignment.Traceparent)
        {
            Composition = RunningIn(state),
            Incident = incident,
            Instance = identity.Instance,
            Hold = state.Hold is { } hold ? new(hold.Code, hold.Reason) : null,
            // Once when it was made, and wherever everything is said again.
            Choice = deployment is { State: DeviceState.Retrieved } || inventory is not null ? state.Choice : null,
        };
    }

    private static DeviceIncident Short(DeviceIncident incident) =>
        incident with { What = incident.What[..Math.Min(incident.What.Length, MaxReason)] };

    private CompositionStatus RunningIn(AgentState state) => new(
        state.ActiveContent?.Variant.Manifest ?? default,
        state.ActiveContent?.Adaptation?.Composition ?? default,
        state.ActiveContent?.Adaptation?.Name,
        state.ActiveContent?.Adaptation?.Version,
        local.StateOf(state));
}
