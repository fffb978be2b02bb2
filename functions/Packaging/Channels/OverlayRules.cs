using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;

namespace SlmOps.Packaging.Channels;

/// <summary>Bounds on the adaptations of a channel document.</summary>
internal static class OverlayRules
{
    // A device soaks at most a week, whatever it is told.
    private const int MaxSoakSeconds = 7 * 24 * 3600;

    internal static string? FindFault(IReadOnlyList<ChannelOverlay> overlays) => overlays switch
    {
        { Count: > ChannelOverlay.MaxInChannel } => $"More than {ChannelOverlay.MaxInChannel} adaptations.",
        _ when overlays.Select(FindFault).OfType<string>().FirstOrDefault() is { } fault => fault,
        _ when overlays.Sum(overlay => overlay.Compositions.Count) > ChannelOverlay.MaxCompositions =>
            $"More than {ChannelOverlay.MaxCompositions} compositions.",
        _ => null,
    };

    private static string? FindFault(ChannelOverlay? overlay) =>
        overlay switch
        {
            null or { Name.IsEmpty: true } or { Version.IsEmpty: true } or { Selector: null } or { Compositions: null } =>
                "An adaptation lacks a required property.",
            { Selector.Count: > ChannelOverlay.MaxSelector } => $"An adaptation asks for more than {ChannelOverlay.MaxSelector} labels.",
            { SoakSeconds: < 0 or > MaxSoakSeconds } => $"An adaptation's soak time is not from 0 to {MaxSoakSeconds} s.",
            _ when overlay.Compositions.Any(one => one is null || one.Base.IsEmpty || one.Composition.IsEmpty || one.Envelope.IsEmpty) =>
                "A composition lacks its base, its digest or its envelope.",
            _ when overlay.Compositions.Any(one => one.EnvelopeSize is < 1 or > Composition.MaxEnvelopeBytes) =>
                $"A signed composition's size must be from 1 to {Composition.MaxEnvelopeBytes} bytes.",
            _ when overlay.Compositions.DistinctBy(one => one.Base).Count() < overlay.Compositions.Count =>
                "An adaptation has two compositions for one base.",
            _ => null,
        };
}
