using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>The steps of a deployment up to its activation, from where it stands.</summary>
internal static class DeploymentSteps
{
    private static readonly AgentAction[] FromDownload =
    [
        new AgentAction.Download(),
        new AgentAction.Verify(),
        new AgentAction.Stage(),
        new AgentAction.SmokeTest(),
        new AgentAction.Activate(),
    ];

    internal static VariantDecision? Choice(ReleaseRef release, Observed observed) => observed.Known(release.Digest) is { } known
        ? VariantChoice.Choose(
            known.Variants, observed.Hardware, observed.Preference, observed.CondemnedManifests, observed.ProcessorClass)
        : null;

    /// <summary>Opens a deployment, unless the last one of the same release says to wait.</summary>
    internal static Plan Start(Assignment assignment, Observed observed, DateTimeOffset now)
    {
        var last = observed.State.Deployment is { } one && one.Release == assignment.Release ? one : null;
        if (last is { State: DeviceState.Rejected, ReasonCode: ReasonCodes.NoVariantFits }
            && Choice(assignment.Release, observed) is { Chosen: null } none)
        {
            return new Plan.Nothing(Because.NoVariantFits, null, none.Reason);
        }

        if (
            last
                is
            {
                State: DeviceState.Rejected
                        or DeviceState.FailedNoStateChange
                        or DeviceState.FailedRollbackComplete
                        or DeviceState.FailedUnableToRollback,
                NotBefore: { } notBefore
            }
            && notBefore > now
            && last.ReasonCode != ReasonCodes.NoVariantFits)
        {
            return new Plan.Nothing(
                last.State == DeviceState.Rejected ? Because.Refused : Because.BackingOff, notBefore, last.Reason);
        }

        // What fails on the way here is counted anew after each long wait; what fails on this device is condemned.
        var attempt = last
            is { State: DeviceState.FailedNoStateChange }
                or { State: DeviceState.FailedRollbackComplete or DeviceState.FailedUnableToRollback, NotBefore: not null }
            ? last.Attempt % Backoff.MaxAttempts + 1
            : 1;
        return new Plan.Steps([new AgentAction.Begin(assignment, attempt), .. FromPending(assignment.Release, false, observed)]);
    }

    internal static Plan Continue(Deployment open, Observed observed, DateTimeOffset now)
    {
        if (open.FellTooOften)
        {
            return new Plan.Steps(new AgentAction.GiveUp(ReasonCodes.TooManyAttempts, DevicePlanner.TooMany(open)));
        }

        if (open.NotBefore > now)
        {
            return new Plan.Nothing(Because.BackingOff, open.NotBefore, open.Reason);
        }

        return new Plan.Steps(open.State switch
        {
            DeviceState.Pending => FromPending(open.Release, open.Listed is not null, observed),
            DeviceState.Retrieved or DeviceState.Downloading or DeviceState.DownloadPaused => FromDownload,
            DeviceState.Downloaded => FromDownload[1..],
            DeviceState.Verified => FromDownload[2..],
            DeviceState.Staged or DeviceState.SmokeTesting => FromDownload[3..],
            DeviceState.WindowWait => FromDownload[4..],
            _ => throw new InvalidOperationException($"A deployment that is {open.State} has no steps before activation."),
        });
    }

    private static AgentAction[] FromPending(ReleaseRef release, bool confirmed, Observed observed)
    {
        AgentAction[] first = confirmed ? [] : [new AgentAction.Confirm()];
        return Choice(release, observed) switch
        {
            null => [.. first, new AgentAction.Retrieve()],
            { Chosen: { } variant } choice => [.. first, Choose(variant, choice, observed), .. FromDownload],
            { } none => [new AgentAction.Refuse(ReasonCodes.NoVariantFits, none.Reason)],
        };
    }

    private static AgentAction.Choose Choose(VariantOffer variant, VariantDecision choice, Observed observed) =>
        new(variant, choice.Reason) { Adaptation = AdaptationChoice.Of(variant.Manifest, observed), Refused = choice.Refused };
}
