using SlmOps.Pipeline.Channels;

namespace SlmOps.Pipeline.Rollout;

/// <summary>The gate's verdict on a ring.</summary>
internal sealed record GateVerdict(GateOutcome Outcome, string Reason);

/// <summary>Too little data is never a pass.</summary>
internal enum GateOutcome
{
    Wait,
    Pass,
    Fail,
    NoData,
}

/// <summary>Where devices stand to a verdict on their ring. Pure.</summary>
internal static class RingGate
{
    /// <summary>One device that falls silent was perhaps switched off; where a share is asked for, one alone is none.</summary>
    private const int FewestSilent = 2;

    /// <summary>
    /// The verdict on a ring. What failed, or fell silent after it put the release in charge, counts against it from a share of
    /// the ring on. Who watches it is waited for; who has not put it in charge only until the deadline, or as long as it gets on
    /// and nobody has committed.
    /// </summary>
    /// <param name="health">Where its devices stand.</param>
    /// <param name="ring">The ring, with its thresholds.</param>
    /// <param name="open">How long it has been open, absences of the service taken off.</param>
    /// <param name="deadline">The rollout's deadline.</param>
    internal static GateVerdict Decide(RingHealth health, RingRecord ring, TimeSpan open, TimeSpan deadline)
    {
        if (Against(health, ring, deadline) is { } why)
        {
            return new(GateOutcome.Fail, why);
        }

        var (committed, watching, working) =
            (health.Count(Standing.Committed), health.Count(Standing.Watching), health.Count(Standing.AtWork));
        return health switch
        {
            { Total: 0 } => new(GateOutcome.Wait, "no device yet"),
            _ when watching > 0 || (working > 0 && (committed == 0 || open <= deadline)) => new(
                GateOutcome.Wait,
                $"{watching + working} of {health.Total} devices at work: {health.Names(Standing.Watching, Standing.AtWork)}"),
            _ when committed > 0 => new(GateOutcome.Pass, $"{committed} of {health.Total} devices committed{Others(health)}"),
            _ when open > deadline => new(GateOutcome.NoData, $"no verdict from {health.Total} devices{Others(health)}"),
            _ => new(GateOutcome.Wait, $"nothing heard yet from {health.Total} devices{Others(health)}"),
        };
    }

    /// <summary>Why the release is to be withdrawn, or null.</summary>
    internal static string? Against(RingHealth health, RingRecord ring, TimeSpan deadline)
    {
        var (failed, silent) = (health.Count(Standing.Failed), health.Count(Standing.Silent));
        return failed > 0 && failed >= Least(ring.ErrorThreshold, health, 1)
                ? $"{failed} of {health.Total} devices failed: {health.Names(Standing.Failed)}"
            : silent > 0 && silent >= Least(ring.SilenceThreshold, health, FewestSilent)
                ? $"{silent} of {health.Total} devices silent for {deadline.TotalSeconds:0} s with the release in charge: "
                    + health.Names(Standing.Silent)
            : null;
    }

    private static double Least(double share, RingHealth health, int fewest) =>
        share > 0 ? Math.Max(fewest, Math.Ceiling(share * health.Living)) : 1;

    private static string Others(RingHealth health)
    {
        (Standing, string)[] groups =
        [
            (Standing.Failed, "failed"), (Standing.Silent, "silent"), (Standing.AtWork, "at work"), (Standing.Behind, "behind"),
            (Standing.Offline, "offline"), (Standing.Incompatible, "incompatible"),
        ];
        return string.Concat(groups
            .Where(group => health.Count(group.Item1) > 0)
            .Select(group => $"; {health.Count(group.Item1)} {group.Item2}: {health.Names(group.Item1)}"));
    }
}
