namespace SlmOps.Contracts;

/// <summary>An adaptation in a channel: devices that its selector matches run its composition over their variant.</summary>
/// <param name="Name">Name of the adaptation.</param>
/// <param name="Version">Its version.</param>
/// <param name="Selector">Labels that a device must have, all of them; empty matches every device.</param>
/// <param name="SoakSeconds">How long an activated composition must stay healthy before a device commits it.</param>
/// <param name="LocalLayer">True when a device may add its own local layer.</param>
/// <param name="Compositions">One composition a base variant; a device that runs another base runs it plain.</param>
public sealed record ChannelOverlay(
    ModelName Name,
    ModelVersion Version,
    IReadOnlyDictionary<string, string> Selector,
    int SoakSeconds,
    bool LocalLayer,
    IReadOnlyList<OverlayComposition> Compositions)
{
    /// <summary>Most adaptations in a channel's document.</summary>
    public const int MaxInChannel = 32;

    /// <summary>Most compositions in a channel's document, over all adaptations; they decide about its size.</summary>
    public const int MaxCompositions = 256;

    /// <summary>Most labels in a selector.</summary>
    public const int MaxSelector = 32;

    /// <summary>True when the device has every label of the selector.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        Selector.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);
}

/// <summary>The composition for one base variant.</summary>
/// <param name="Base">Manifest digest of the variant.</param>
/// <param name="Composition">Digest of the composition's content: the identity that a device reports.</param>
/// <param name="Envelope">Digest of the signed composition, a blob.</param>
/// <param name="EnvelopeSize">Size of that blob in bytes; a device reads no more.</param>
public sealed record OverlayComposition(Digest Base, Digest Composition, Digest Envelope, long EnvelopeSize);
