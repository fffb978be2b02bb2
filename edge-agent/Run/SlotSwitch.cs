using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>The steps that change what the device runs: activate, commit, go back.</summary>
internal sealed class SlotSwitch(
    Journal journal,
    DataFolder folder,
    ModelSlots slots,
    SlotRestorer restorer,
    SmokeTrial smoke,
    Voice voice,
    TimeProvider clock,
    Random random)
{
    internal async Task ActivateAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var target = journal.Deployment.Target!.Value;
        journal.Move(DeviceEvent.ActivationStarted);

        // Silence before this says nothing about the release, and after it much: so it is said before anything is switched.
        await voice.SayAsync(cancellationToken);

        // What is hashed here is what the switch puts in charge, also after a power cut between the two.
        if (
            await slots.FindDamageAsync(target, journal.Deployment.Variant!, journal.Deployment.Adaptation, cancellationToken) is { } damage
        )
        {
            await GoBackAsync(ReasonCodes.SlotDamaged, $"Slot {target}: {damage}.", cancellationToken);
            return;
        }

        CurrentModel.Write(folder, target, journal.State[target]);
        var soakUntil = clock.GetUtcNow().AddSeconds(journal.Deployment.Assignment.SoakSeconds);
        journal.Move(
            DeviceEvent.SoakStarted,
            deployment => deployment.WithPhase("activate", clock.GetElapsedTime(started)) with
            {
                SoakUntil = soakUntil,
                Pauses = 0,
                NotBefore = null,
            },
            state => state with { Active = target });
    }

    /// <summary>Ends the soak with one more look at the model: commits it, or goes back.</summary>
    internal async Task CommitAsync(CancellationToken cancellationToken)
    {
        var target = journal.Deployment.Target!.Value;
        if (await CheckAsync(target, cancellationToken) is { } failure)
        {
            if (!OutcomeTable.Condemns(failure.Code))
            {
                // The device's own trouble says nothing about the model, which goes on being watched.
                journal.Write(journal.State with
                {
                    Deployment = journal.Deployment with
                    {
                        Pauses = journal.Deployment.Pauses + 1,
                        NotBefore = clock.GetUtcNow() + Backoff.AfterAttempt(journal.Deployment.Pauses % Backoff.MaxAttempts, random),
                        ReasonCode = failure.Code,
                        Reason = failure.Reason,
                    },
                });
                return;
            }

            await GoBackAsync(failure.Code, $"The model failed at the end of its soak: {failure.Reason}", cancellationToken);
            return;
        }

        var soak =
            clock.GetUtcNow() - (journal.Deployment.SoakUntil!.Value - TimeSpan.FromSeconds(journal.Deployment.Assignment.SoakSeconds));
        journal.Move(
            DeviceEvent.SoakPassed,
            deployment => deployment.WithPhase("soak", soak) with { ReasonCode = null, Reason = null, NotBefore = null },
            state =>
            {
                var committed = state.With(target, state[target]! with { Committed = true });
                return journal.Deployment.Listed is { } listed
                    ? committed.WithFloor(listed.Release.Model, committed.FloorOf(listed.Release.Model).Commit(listed))
                    : committed;
            });
    }

    /// <summary>Null when the model does what it should after its soak.</summary>
    private async Task<Failure?> CheckAsync(Slot slot, CancellationToken cancellationToken)
    {
        var deployment = journal.Deployment;
        if (await slots.FindDamageAsync(slot, deployment.Variant!, deployment.Adaptation, cancellationToken) is { } damage)
        {
            return new(FailureKind.Attempt, ReasonCodes.SlotDamaged, $"Slot {slot}: {damage}.");
        }

        return (await smoke.FailureAsync(slots.FolderOf(slot), 1, cancellationToken))?.AfterTry(deployment.Pauses + 1);
    }

    /// <summary>
    /// Puts the model before in charge again, if that was stable. What failed by itself is condemned; what was withdrawn, or suffered
    /// from this device, is not, and the latter is tried again after a while.
    /// </summary>
    internal async Task GoBackAsync(string code, string reason, CancellationToken cancellationToken)
    {
        var withdrawn = code == ReasonCodes.Withdrawn;
        var condemned = !withdrawn && (code == ReasonCodes.TooManyAttempts || OutcomeTable.Condemns(code));
        OpenForActive();
        journal.Move(
            DeviceEvent.RollbackStarted,
            deployment => deployment with
            {
                ReasonCode = code,
                Reason = reason,
                NotBefore = withdrawn || condemned ? null : clock.GetUtcNow() + Backoff.AfterAttempt(deployment.Attempt, random),
            },
            state => condemned ? state.Condemn(journal.Deployment, code, clock.GetUtcNow()) : state);

        var bad = journal.Deployment.Target!.Value;
        var switched = journal.State.Active == bad;
        var back = switched ? journal.State.Inactive : journal.State.Active;
        var content = back is { } slot ? journal.State[slot] : null;

        // What never stopped running goes on; what would have to be put in charge again must not lie under the floor.
        if (switched && content is not null && journal.State.RefuseFallback(content) is { } below)
        {
            Strand(bad, withdrawn, below);
            return;
        }

        if (
            content is null
            || !(switched ? AgentState.IsWayBack(content, journal.Deployment.Release) : content.Committed)
            || !await restorer.MendAsync(back!.Value, content, cancellationToken))
        {
            Strand(bad, withdrawn);
            return;
        }

        CurrentModel.Write(folder, back, content);
        journal.Move(DeviceEvent.RollbackFinished, null, state => state.With(bad, null) with { Active = back });
    }

    /// <summary>
    /// There is nothing to go back to. A model that failed must not run, so nothing runs; one that was only withdrawn
    /// still works, and goes on until its successor is there.
    /// </summary>
    private void Strand(Slot bad, bool withdrawn, string? why = null)
    {
        Deployment Said(Deployment deployment) => why is null ? deployment : deployment with { Reason = $"{deployment.Reason} {why}" };
        var other = bad == Slot.A ? Slot.B : Slot.A;
        if (withdrawn)
        {
            journal.Move(DeviceEvent.RollbackImpossible, Said, state => state.With(other, null));
            return;
        }

        CurrentModel.Write(folder, null, null);
        journal.Move(DeviceEvent.RollbackImpossible, Said, state => state.With(bad, null).With(other, null) with { Active = null });
    }

    /// <summary>Leaving a model that was committed long ago needs a deployment to tell of, that of the active model.</summary>
    private void OpenForActive()
    {
        var active = journal.State.ActiveContent;
        if (
            active is null
            || journal.State.Deployment is { State: DeviceState.Activating or DeviceState.Soaking or DeviceState.RollingBack }
            || journal.State.Deployment is { State: DeviceState.Committed } same && same.Release.Digest == active.Release.Digest)
        {
            return;
        }

        journal.Open(
            new(new(active.Release, null, null, 0, journal.State.Deployment?.Assignment.Traceparent), 1, DeviceState.Committed)
            {
                Variant = active.Variant,
                Target = journal.State.Active,
                Verified = true,
                Adaptation = active.Adaptation,
            },
            silently: true);
    }
}
