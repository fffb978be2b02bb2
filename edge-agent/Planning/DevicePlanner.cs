using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>The next steps, from what the channel says, what the device is and what time it is; nothing else.</summary>
internal static class DevicePlanner
{
    internal static Plan Plan(ChannelDocument? document, Observed observed, DateTimeOffset clock)
    {
        var now = clock < observed.State.ClockFloor ? observed.State.ClockFloor : clock;
        document = ClassView.Of(document, observed.ProcessorClass);

        // What has touched the active model is brought to its end first, whatever the channel says by now.
        return UnderWay(document, observed.State, now) ?? (document is null
            ? new Plan.Nothing(Because.ChannelUnknown)
            : Follow(document, observed, now));
    }

    private static Plan? UnderWay(ChannelDocument? document, AgentState state, DateTimeOffset now)
    {
        if (state.Deployment is not { State: DeviceState.Activating or DeviceState.Soaking or DeviceState.RollingBack } deployment)
        {
            return null;
        }

        if (deployment.State == DeviceState.RollingBack)
        {
            return Do(new AgentAction.GoBack(deployment.ReasonCode ?? "interrupted", deployment.Reason ?? "The way back was interrupted."));
        }

        if (document?.Withdrawn.Contains(deployment.Release.Digest) == true)
        {
            return Do(GoBackFromWithdrawn(deployment.Release));
        }

        if (deployment.FellTooOften)
        {
            return Do(new AgentAction.GoBack(ReasonCodes.TooManyAttempts, TooMany(deployment)));
        }

        if (deployment.State == DeviceState.Activating)
        {
            return Do(new AgentAction.Activate());
        }

        if (deployment.NotBefore > now)
        {
            return new Plan.Nothing(Because.BackingOff, deployment.NotBefore, deployment.Reason);
        }

        // More left than the whole soak takes: the clock was set back since, and the deadline means nothing any more.
        var left = deployment.SoakUntil - now;
        return left > TimeSpan.Zero && left <= TimeSpan.FromSeconds(deployment.Assignment.SoakSeconds)
            ? new Plan.Nothing(Because.Soaking, deployment.SoakUntil)
            : Do(new AgentAction.Commit());
    }

    private static Plan Follow(ChannelDocument document, Observed observed, DateTimeOffset now)
    {
        observed = observed with { Adaptations = document.Overlays };
        var state = observed.State;
        var wanted = Wanted.Of(document, observed);
        var open = state.Deployment is { } last && !LifecycleTable.IsFinal(last.State) ? last : null;
        var active = state.ActiveContent;
        var withdrawn = active is not null && document.Withdrawn.Contains(active.Release.Digest);
        if (withdrawn && state.WayBack is { } back && !document.Withdrawn.Contains(back.Release.Digest)
            && !observed.CondemnedManifests.Contains(back.Variant.Manifest))
        {
            return open is null
                ? Do(GoBackFromWithdrawn(active!.Release))
                : Do(Abandon(open, "the active release was withdrawn"), GoBackFromWithdrawn(active!.Release));
        }

        if (wanted.Assignment is not { } assignment)
        {
            return open is not null ? Do(Abandon(open, "the channel no longer offers it to this device"))
                : new Plan.Nothing(withdrawn ? Because.WithdrawnNothingToGoBackTo : wanted.Settled);
        }

        if (open is not null && !Continues(open.Assignment, assignment))
        {
            return Do(Abandon(open, $"{assignment.Release.Model} {assignment.Release.Version} took its place"));
        }

        if (open is { Variant: { } variant } && !AdaptationPick.Same(open.Adaptation, AdaptationChoice.Of(variant.Manifest, observed)))
        {
            return Do(Abandon(open, "something else is to be laid over it"));
        }

        return IsSettled(assignment, observed) ? Settled(assignment, wanted, state)
            : wanted.IsHeld ? new Plan.Nothing(Because.RolloutPaused)
            : document.Expires <= now ? new Plan.Nothing(Because.ChannelExpired, null, $"the document expired at {document.Expires:u}")
            : open is not null ? DeploymentSteps.Continue(open, observed, now)
            : DeploymentSteps.Start(assignment, observed, now);
    }

    // The candidate that became the stable release is still the same deployment; another rollout of it is not.
    private static bool Continues(Assignment open, Assignment wanted) =>
        open.Release == wanted.Release && (wanted.RolloutId is null || wanted.RolloutId == open.RolloutId);

    /// <summary>True when the active model is the release's variant that this device would choose now, with the same laid over it.</summary>
    private static bool IsSettled(Assignment assignment, Observed observed)
    {
        if (observed.State.ActiveContent is not { } active || active.Release.Digest != assignment.Release.Digest)
        {
            return false;
        }

        return (
                DeploymentSteps.Choice(assignment.Release, observed)?.Chosen is not { } choice || choice.Manifest == active.Variant.Manifest
            ) && AdaptationPick.Same(active.Adaptation, AdaptationChoice.Of(active.Variant.Manifest, observed));
    }

    private static Plan Settled(Assignment assignment, Wanted wanted, AgentState state)
    {
        if (assignment.RolloutId is null || assignment.RolloutId == state.Deployment?.Assignment.RolloutId)
        {
            return state.Deployment is { } open && !LifecycleTable.IsFinal(open.State)
                ? open.State == DeviceState.Pending ? Do(new AgentAction.Adopt()) : Do(Abandon(open, "it is active already"))
                : new Plan.Nothing(wanted.Settled);
        }

        // The rollout counts its devices, so one that has nothing to do must say so once.
        return Do(new AgentAction.Begin(assignment, 1), new AgentAction.Adopt());
    }

    internal static string TooMany(Deployment deployment) =>
        $"The device was restarted {deployment.Falls.Count} times within {Deployment.RestartWindow.TotalMinutes:0} minutes in the middle of "
        + $"{deployment.Release.Model} {deployment.Release.Version}.";

    private static AgentAction.GoBack GoBackFromWithdrawn(ReleaseRef release) =>
        new(ReasonCodes.Withdrawn, $"{release.Model} {release.Version} was withdrawn from the channel.");

    private static AgentAction.Abandon Abandon(Deployment open, string why) =>
        new("superseded", $"{open.Release.Model} {open.Release.Version} was given up: {why}.");

    private static Plan.Steps Do(params AgentAction[] actions) => new(actions);
}
