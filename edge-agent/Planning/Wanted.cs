using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>What this device should run according to the channel.</summary>
/// <param name="Assignment">The release to run, or null for none.</param>
/// <param name="Settled">Why there is nothing to do once it runs, or when there is none.</param>
internal sealed record Wanted(Assignment? Assignment, Because Settled)
{
    /// <summary>The rollout is paused: what has not been activated waits.</summary>
    internal bool IsHeld { get; init; }

    // A week: a document that asks for more is a mistake, and would keep the device from ever taking another release.
    private const int MaxSoakSeconds = 7 * 24 * 3600;

    internal static Wanted Of(ChannelDocument document, Observed observed)
    {
        var candidate = document.Candidate is { } offer && !document.Withdrawn.Contains(offer.Release.Digest) ? offer : null;
        var ring = candidate is null
            ? -1
            : RingMembership.Find(candidate.OpenRings, candidate.Salt, observed.DeviceId, observed.Labels);
        if (candidate is not null && ring >= 0 && !IsLost(candidate.Release, observed))
        {
            var soak = Math.Clamp(candidate.SoakSeconds, 0, MaxSoakSeconds);
            return new(
                new(candidate.Release, candidate.RolloutId, candidate.OpenRings[ring].Name, soak, document.Traceparent),
                Because.AlreadyActive)
            {
                IsHeld = candidate.Hold,
            };
        }

        var instead = candidate is null ? Because.AlreadyActive : ring < 0 ? Because.NotInRing : Because.Condemned;
        return document.Stable switch
        {
            { } stable when document.Withdrawn.Contains(stable.Digest) => new(
                null,
                instead == Because.AlreadyActive ? Because.NothingReleased : instead),
            { } stable when IsLost(stable, observed) => new(null, Because.Condemned),

            // A stable release has soaked in every ring; here it only has to pass its tests.
            { } stable => new(new(stable, null, null, 0, document.Traceparent), instead),
            null => new(null, instead == Because.AlreadyActive ? Because.NothingReleased : instead),
        };
    }

    // A release of which one variant failed while another one runs well is not lost.
    private static bool IsLost(ReleaseRef release, Observed observed) =>
        observed.IsCondemned(release.Digest)
        && !(observed.State.ActiveContent is { Committed: true } active && active.Release.Digest == release.Digest);
}
