using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>Chooses what is laid over a variant on this device. Pure.</summary>
internal static class AdaptationChoice
{
    /// <summary>
    /// The first adaptation that matches the device's labels, was made for this variant and has not failed here; with the
    /// device's own layer where there is room for it and it was made for this variant. Null for the plain variant.
    /// </summary>
    internal static AdaptationPick? Of(Digest manifest, Observed observed) =>
        observed
            .Adaptations.Where(adaptation => adaptation.Matches(observed.Labels))
            .SelectMany(adaptation => Candidates(adaptation, manifest, observed.Local))
            .FirstOrDefault(pick =>
                !observed.State.CondemnedCompositions.Any(one => one.Composition == pick.Composition && one.Local == pick.Local));

    private static IEnumerable<AdaptationPick> Candidates(ChannelOverlay adaptation, Digest manifest, LocalPin? local)
    {
        if (adaptation.Compositions.FirstOrDefault(one => one.Base == manifest) is not { } found)
        {
            yield break;
        }

        var plain = new AdaptationPick(
            adaptation.Name, adaptation.Version, found.Composition, found.Envelope, found.EnvelopeSize, adaptation.SoakSeconds, default, 0);
        if (adaptation.LocalLayer && local?.Base == manifest)
        {
            yield return plain with { Local = local.Envelope, LocalSize = local.Size };
        }

        yield return plain;
    }
}
