using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>Says for people why a device does nothing about what its channel asks for. Pure.</summary>
internal static class Holds
{
    // Beside a deployment's own reason it must fit into a report.
    private const int MaxReason = 300;

    /// <summary>Why nothing is done; null where the device is where its channel wants it.</summary>
    /// <param name="nothing">The plan.</param>
    /// <param name="document">The newest channel document, or null.</param>
    /// <param name="observed">The device.</param>
    /// <param name="trouble">Why the channel gives no document that can be followed, for a while now; or null.</param>
    /// <param name="clock">The device's clock.</param>
    internal static Holding? Of(
        Plan.Nothing nothing, ChannelDocument? document, Observed observed, string? trouble, DateTimeOffset clock)
    {
        var held = OfPlan(nothing, document, observed, clock)
            ?? (trouble is null ? null : new(HoldCodes.ChannelTrouble, "", $"The channel gives nothing to follow: {trouble}"));
        return held is null ? null : held with { Reason = held.Reason[..Math.Min(held.Reason.Length, MaxReason)] };
    }

    private static Holding? OfPlan(Plan.Nothing nothing, ChannelDocument? document, Observed observed, DateTimeOffset clock)
    {
        var (detail, until) = (nothing.Detail ?? "", nothing.Until is { } time ? $" It is tried again at {time:u}." : "");
        return nothing.Because switch
        {
            Because.ChannelExpired => new(
                HoldCodes.ChannelExpired,
                $"{document!.Expires:u}",
                $"The channel document expired at {document.Expires:u}, and the clock of this device says {clock:u}."),
            Because.Condemned => Condemned(document!, observed),
            Because.WithdrawnNothingToGoBackTo => new(
                HoldCodes.NothingToGoBackTo,
                observed.State.ActiveContent!.Release.Digest.ToString(),
                $"{Named(observed.State.ActiveContent.Release)} was withdrawn, and runs on because there is nothing else to run."),
            Because.NoVariantFits => new(HoldCodes.NoVariantFits, detail, Sentence(detail)),
            Because.Refused => new(HoldCodes.Refused, detail, Sentence(detail) + until),
            Because.BackingOff => new(HoldCodes.BackingOff, detail, Sentence(detail) + until),
            Because.RolloutPaused => new(
                HoldCodes.RolloutPaused,
                document!.Candidate!.RolloutId,
                $"The rollout of {Named(document.Candidate.Release)} is paused."),
            Because.Soaking => Busy(document, observed),
            _ => null,
        };
    }

    private static Holding Condemned(ChannelDocument document, Observed observed)
    {
        var release = new[] { document.Candidate?.Release, document.Stable }
            .OfType<ReleaseRef>().FirstOrDefault(one => observed.IsCondemned(one.Digest));
        var code = observed.State.Condemned.FirstOrDefault(one => one.Release == release?.Digest)?.Code;
        return new(
            HoldCodes.Condemned,
            $"{release?.Digest}",
            $"{(release is null ? "The release" : Named(release))} failed on this device before ({code}) and is not tried again; "
                + "slmops-agent retry clears that.");
    }

    /// <summary>What is watched is brought to its end before anything else begins.</summary>
    private static Holding? Busy(ChannelDocument? document, Observed observed)
    {
        var (soaking, wanted) = (observed.State.Deployment!, document is null ? null : Wanted.Of(document, observed).Assignment);
        return wanted is null || wanted.Release.Digest == soaking.Release.Digest ? null : new(
            HoldCodes.Busy,
            $"{soaking.Release.Digest} {wanted.Release.Digest}",
            $"{Named(soaking.Release)} is watched until {soaking.SoakUntil:u}; {Named(wanted.Release)} comes after that.");
    }

    private static string Named(ReleaseRef release) => $"{release.Model} {release.Version}";

    private static string Sentence(string text) =>
        text.Length == 0 ? "The last try failed." : char.ToUpperInvariant(text[0]) + text[1..] + (text[^1] is '.' or '!' or '?' ? "" : ".");
}
