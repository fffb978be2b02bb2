using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.State;

namespace SlmOps.Simulation.Tests.World;

/// <summary>What the steps of a plan do in a world.</summary>
internal sealed partial class SimAgent
{
    /// <returns>False when the step is not over, or the rest of the plan does not hold.</returns>
    private bool Do(AgentAction action, DateTimeOffset now, DateTimeOffset local)
    {
        switch (action)
        {
            case AgentAction.Begin begin:
                State = State with { Deployment = new(begin.Assignment, begin.Attempt, DeviceState.Pending), Hold = null };
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
                    state => state.With(target, new(Open.Release, Open.Variant!, Committed: false)
                    {
                        Sequence = Open.Listed?.Sequence ?? 0,
                        Proven = Open.Assignment.RolloutId is null,
                    }));
                return true;
            case AgentAction.SmokeTest:
                Move(DeviceEvent.SmokeTestStarted, now);
                return SmokeTest() is not { } failure || Fail(failure.AfterTry(Open.Attempt), now, local);
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

    private Failure? SmokeTest()
    {
        if (KillsNextTest && _killedTests < Backoff.MaxAttempts - 1)
        {
            _killedTests++;
            KillsNextTest = false;
            return new(FailureKind.Attempt, ReasonCodes.SmokeInterrupted, "Its process was ended by SIGKILL.");
        }

        return _releases[Open.Release.Digest].Quality switch
        {
            Quality.FailsItsTest => new(FailureKind.Condemning, "smoke-failed", "It does not load."),
            Quality.FailsOnOneClass when ProcessorClass == Contracts.ProcessorClass.Arm64 =>
                new(FailureKind.Condemning, ReasonCodes.SmokeDisagrees, "It computes something else."),
            _ => null,
        };
    }

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
            !(IsOnline && ClassView.Of(_service.Document, ProcessorClass)!.Withdrawn.Contains(Open.Release.Digest)),
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
        Story.Require(
            !IsOnline || _service.IsWanted(Open.Release, ProcessorClass) || _service.WasStable(Open.Release),
            $"{Id} watched {Open.Release.Version} to its end, which never passed, and which it could know that nobody wants any more");
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
            open => open with
            {
                ReasonCode = code,
                Reason = reason,
                NotBefore = withdrawn || condemned ? null : local + Backoff.AfterAttempt(open.Attempt, Jitter),
            },
            state => condemned ? state.Condemn(Open, code, local) : state);
        var bad = Open.Target!.Value;
        var switched = State.Active == bad;
        var back = switched ? State.Inactive : State.Active;
        var content = back is { } slot ? State[slot] : null;
        if (content is not null
            && (switched ? AgentState.IsWayBack(content, Open.Release) && State.RefuseFallback(content) is null : content.Committed))
        {
            Story.Require(
                !switched || _service.WasStable(content.Release) || content.Release == Open.Release,
                $"{Id} goes back to {content.Release.Version}, which never was stable");
            Move(DeviceEvent.RollbackFinished, now, null, state => state.With(bad, null) with { Active = back });
            return;
        }

        var other = bad == Slot.A ? Slot.B : Slot.A;
        Move(
            DeviceEvent.RollbackImpossible, now, null,
            state => withdrawn ? state.With(other, null) : state.With(Slot.A, null).With(Slot.B, null) with { Active = null });
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
            FailureKind.Attempt => (DeviceEvent.Failed, Backoff.AfterAttempt(before.Attempt, Jitter)),
            _ => (DeviceEvent.Failed, TimeSpan.Zero),
        };
        Move(
            happened, now,
            open => open with { ReasonCode = failure.Code, Reason = failure.Reason, NotBefore = local + wait },
            state => failure.Kind == FailureKind.Condemning ? state.Condemn(before, failure.Code, local) : state);
        return false;
    }
}
