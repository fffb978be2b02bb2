using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.State;

namespace SlmOps.Simulation.Tests.World;

/// <summary>
/// An agent: its real plans, its real table of states and its real journal, with effects that are told instead of done. Each call
/// of <see cref="Step"/> is one persisted step, so a kill between two calls is a kill at any of them.
/// </summary>
internal sealed class SimAgent
{
    private static readonly Dictionary<string, string> NoLabels = [];
    private static readonly Hardware Board = new(1 << 30, new Version(1, 31, 1), new HashSet<string>());
    private readonly SimService _service;
    private readonly IReadOnlyDictionary<Digest, SimRelease> _releases;
    private readonly Random _random = new(1);
    private readonly Queue<AgentAction> _rest = [];
    private int _lives;

    internal SimAgent(string id, SimService service, IReadOnlyDictionary<Digest, SimRelease> releases, SimRelease first)
    {
        (Id, _service, _releases) = (id, service, releases);
        Forget(0);
        State = State with
        {
            Active = Slot.A,
            A = new(first.Ref, first.Variant, Committed: true) { Sequence = 1 },
            Known = [new(first.Ref, [first.Variant])],
        };
    }

    internal DeviceId Id { get; }

    internal AgentState State { get; private set; } = null!;

    internal ChannelDocument? Document { get; private set; }

    /// <summary>What the service has not confirmed.</summary>
    internal List<DeviceReport> Outbox { get; } = [];

    internal bool IsOn { get; private set; } = true;

    /// <summary>A device that its model killed stays off.</summary>
    internal bool IsDead { get; private set; }

    internal bool HasNetwork { get; set; } = true;

    internal bool HasRoom { get; set; } = true;

    internal TimeSpan ClockAhead { get; set; }

    /// <summary>Steps that a download takes: a slow line takes many.</summary>
    internal int DownloadSteps { get; set; } = 1;

    private bool IsOnline => HasNetwork && _service.IsUp;

    /// <summary>Another folder: a new life that runs nothing.</summary>
    internal void Forget(long seq)
    {
        State = AgentState.Fresh(seq);
        Document = null;
        Outbox.Clear();
        _rest.Clear();
        _lives++;
    }

    internal void TurnOff() => IsOn = false;

    /// <summary>Power on, or a restart: what is not in the journal is gone.</summary>
    internal void Restart(DateTimeOffset now)
    {
        if (IsDead)
        {
            return;
        }

        IsOn = true;
        _rest.Clear();
        State = Recovery.OnStart(State, now + ClockAhead);
        Say(State.Deployment, now);
    }

    /// <summary>A heartbeat: where it stands, once more.</summary>
    internal void Beat(DateTimeOffset now)
    {
        if (IsOn)
        {
            Say(State.Deployment, now);
        }
    }

    /// <summary>One step of its plan, or a look at the channel.</summary>
    internal void Step(DateTimeOffset now)
    {
        if (!IsOn)
        {
            return;
        }

        var local = now + ClockAhead;
        if (IsOnline && _service.Document.Version > (Document?.Version ?? 0))
        {
            Follow(_service.Document);
        }

        // The plan is made anew before each step; what is left of it holds only as long as it says the same.
        if (DevicePlanner.Plan(Document, Observed(), local) is not Plan.Steps steps)
        {
            _rest.Clear();
            return;
        }

        if (_rest.Count == 0 || !steps.Actions.Contains(_rest.Peek()))
        {
            _rest.Clear();
            foreach (var action in steps.Actions)
            {
                _rest.Enqueue(action);
            }
        }

        if (!Do(_rest.Peek(), now, local))
        {
            return;
        }

        _rest.TryDequeue(out _);
    }

    private void Follow(ChannelDocument document)
    {
        Document = document;
        State = State with
        {
            ClockFloor = document.IssuedAt > State.ClockFloor ? document.IssuedAt : State.ClockFloor,
            Channels = new Dictionary<ChannelName, long> { [document.Channel] = document.Version },
        };
    }

    private Observed Observed() => new(Id, NoLabels, Board, Preference.Balanced, State);

    /// <returns>False when the step is not over, or the rest of the plan does not hold.</returns>
    private bool Do(AgentAction action, DateTimeOffset now, DateTimeOffset local)
    {
        switch (action)
        {
            case AgentAction.Begin begin:
                State = State with { Deployment = new(begin.Assignment, begin.Attempt, DeviceState.Pending) };
                Say(State.Deployment, now);
                return true;
            case AgentAction.Confirm when !IsOnline:
                return Postpone("metadata-unavailable", now, local);
            case AgentAction.Confirm:
                var listed = _service.Listed(Open.Release);
                State = State.Learn([listed]);
                if (State.FloorOf(Open.Release.Model).RefuseInstall(listed) is { } below)
                {
                    return Fail(new(FailureKind.Refused, ReasonCodes.BelowFloor, below), now, local);
                }

                State = State with { Deployment = Open with { Listed = listed } };
                return true;
            case AgentAction.Retrieve when !IsOnline:
                return Postpone("network", now, local);
            case AgentAction.Retrieve:
                State = State.Remember(new(Open.Release, [_releases[Open.Release.Digest].Variant]) { Listed = Open.Listed });
                return true;
            case AgentAction.Choose choose:
                Move(DeviceEvent.VariantChosen, now, open => open with { Variant = choose.Variant });
                return true;
            case AgentAction.Adopt:
                Move(DeviceEvent.FoundInstalled, now, open => open with { Variant = State.ActiveContent!.Variant, Target = State.Active });
                return true;
            case AgentAction.Download:
                return Download(now, local);
            case AgentAction.Verify:
                Move(DeviceEvent.VerificationPassed, now, open => open with { Verified = true });
                return true;
            case AgentAction.Stage:
                var target = State.Inactive;
                Move(
                    DeviceEvent.SlotFilled, now, open => open with { Target = target },
                    state => state.With(target, new(Open.Release, Open.Variant!, Committed: false) { Sequence = Open.Listed?.Sequence ?? 0 }));
                return true;
            case AgentAction.SmokeTest:
                Move(DeviceEvent.SmokeTestStarted, now);
                return _releases[Open.Release.Digest].Quality != Quality.FailsItsTest
                    || Fail(new(FailureKind.Condemning, "smoke-failed", "It does not load."), now, local);
            case AgentAction.Activate:
                return Activate(now, local);
            case AgentAction.Commit:
                return Commit(now, local);
            case AgentAction.GoBack back:
                GoBack(back.Code, back.Reason, now, local);
                return true;
            case AgentAction.Abandon abandon:
                Move(DeviceEvent.Replaced, now, open => open with { ReasonCode = abandon.Code, Reason = abandon.Reason });
                return true;
            case AgentAction.Refuse refuse:
                return Fail(new(FailureKind.Refused, refuse.Code, refuse.Reason), now, local);
            case AgentAction.GiveUp giveUp:
                return Fail(new(FailureKind.Condemning, giveUp.Code, giveUp.Reason), now, local);
            default:
                throw new InvalidOperationException($"No effect is known for {action}.");
        }
    }

    private Deployment Open => State.Deployment!;

    private bool Download(DateTimeOffset now, DateTimeOffset local)
    {
        if (Open.State != DeviceState.Downloading)
        {
            Move(DeviceEvent.DownloadStarted, now, open => open with { ReasonCode = null, Reason = null, NotBefore = null });
            return false;
        }

        if (!IsOnline || !HasRoom)
        {
            var code = HasRoom ? "network" : "disk-full";
            Move(
                DeviceEvent.DownloadInterrupted, now,
                open => open with { ReasonCode = code, NotBefore = local.AddSeconds(5), Pauses = open.Pauses + 1 });
            _rest.Clear();
            return false;
        }

        var part = Math.Max(1, Open.Variant!.Bytes / DownloadSteps);
        State = State with { Deployment = Open with { BytesFetched = Open.BytesFetched + part } };
        if (Open.BytesFetched < Open.Variant.Bytes)
        {
            Say(Open, now);
            return false;
        }

        Move(DeviceEvent.DownloadFinished, now, open => open with { Pauses = 0 });
        return true;
    }

    private bool Activate(DateTimeOffset now, DateTimeOffset local)
    {
        Story.Require(
            !(IsOnline && _service.Document.Withdrawn.Contains(Open.Release.Digest)),
            $"{Id} puts {Open.Release.Version} in charge, which it could know to be withdrawn");
        if (Open.State != DeviceState.Activating)
        {
            // Said before it is done: a device that dies of it has told what it died of.
            Move(DeviceEvent.ActivationStarted, now);
            return false;
        }

        var target = Open.Target!.Value;
        Move(
            DeviceEvent.SoakStarted, now,
            open => open with { SoakUntil = local.AddSeconds(open.Assignment.SoakSeconds), NotBefore = null },
            state => state with { Active = target });
        if (_releases[Open.Release.Digest].Quality == Quality.Kills)
        {
            (IsOn, IsDead) = (false, true);
        }

        return true;
    }

    private bool Commit(DateTimeOffset now, DateTimeOffset local)
    {
        if (_releases[Open.Release.Digest].Quality == Quality.FailsInItsSoak)
        {
            GoBack("smoke-failed", "It fails at the end of its soak.", now, local);
            return true;
        }

        var target = Open.Target!.Value;
        Move(
            DeviceEvent.SoakPassed, now, null,
            state =>
            {
                var committed = state.With(target, state[target]! with { Committed = true });
                return Open.Listed is { } listed
                    ? committed.WithFloor(listed.Release.Model, committed.FloorOf(listed.Release.Model).Commit(listed))
                    : committed;
            });
        return true;
    }

    private void GoBack(string code, string reason, DateTimeOffset now, DateTimeOffset local)
    {
        var withdrawn = code == ReasonCodes.Withdrawn;
        var condemned = !withdrawn && (code == ReasonCodes.TooManyAttempts || OutcomeTable.Condemns(code));
        OpenForActive();
        Move(
            DeviceEvent.RollbackStarted, now,
            open => open with { ReasonCode = code, Reason = reason, NotBefore = withdrawn || condemned ? null : local.AddMinutes(1) },
            state => condemned ? state.Condemn(Open, code, local) : state);
        var bad = Open.Target!.Value;
        var back = State.Active == bad ? State.Inactive : State.Active;
        if (back is { } slot && State[slot] is { Committed: true } content && State.RefuseFallback(content) is null)
        {
            Move(DeviceEvent.RollbackFinished, now, null, state => state.With(bad, null) with { Active = back });
            return;
        }

        Move(
            DeviceEvent.RollbackImpossible, now, null,
            state => withdrawn ? state : state.With(Slot.A, null).With(Slot.B, null) with { Active = null });
    }

    private void OpenForActive()
    {
        var active = State.ActiveContent;
        if (active is null
            || State.Deployment is { State: DeviceState.Activating or DeviceState.Soaking or DeviceState.RollingBack }
            || (State.Deployment is { State: DeviceState.Committed } same && same.Release.Digest == active.Release.Digest))
        {
            return;
        }

        State = State with
        {
            Deployment = new(new(active.Release, null, null, 0, null), 1, DeviceState.Committed)
            {
                Variant = active.Variant,
                Target = State.Active,
                Verified = true,
            },
        };
    }

    private bool Postpone(string code, DateTimeOffset now, DateTimeOffset local)
    {
        _rest.Clear();
        if (Open.State == DeviceState.Pending && Open.ReasonCode != code)
        {
            Move(DeviceEvent.Postponed, now, open => open with { ReasonCode = code, NotBefore = local.AddSeconds(5), Listed = null });
        }
        else
        {
            State = State with { Deployment = Open with { ReasonCode = code, NotBefore = local.AddSeconds(5), Listed = null } };
        }

        return false;
    }

    private bool Fail(Failure failure, DateTimeOffset now, DateTimeOffset local)
    {
        _rest.Clear();
        var before = Open;
        var (happened, wait) = failure.Kind switch
        {
            FailureKind.Refused => (DeviceEvent.Refused, TimeSpan.FromMinutes(1)),
            FailureKind.Attempt => (DeviceEvent.Failed, Backoff.AfterAttempt(before.Attempt, _random)),
            _ => (DeviceEvent.Failed, TimeSpan.Zero),
        };
        Move(
            happened, now,
            open => open with { ReasonCode = failure.Code, Reason = failure.Reason, NotBefore = local + wait },
            state => failure.Kind == FailureKind.Condemning ? state.Condemn(before, failure.Code, local) : state);
        return false;
    }

    private void Move(
        DeviceEvent happened, DateTimeOffset now, Func<Deployment, Deployment>? change = null, Func<AgentState, AgentState>? also = null)
    {
        var before = Open;
        var moved = before with { State = LifecycleTable.Next(before.State, happened), From = before.State };
        State = State with { Deployment = change?.Invoke(moved) ?? moved };
        State = also?.Invoke(State) ?? State;
        Say(Open, now);
    }

    private void Say(Deployment? deployment, DateTimeOffset now)
    {
        var seq = State.LastSeq + 1;
        State = State with { LastSeq = seq };
        Outbox.Add(new(
            DeviceReport.CurrentSchema, Id, seq, now + ClockAhead, "phi", null,
            deployment is null ? null : StatusReport.Of(deployment, State.ActiveContent, deployment.BytesFetched),
            null)
        {
            Instance = $"{Id}-{_lives}",
        });
    }
}
