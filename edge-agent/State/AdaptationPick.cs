using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>What is laid over a variant: an adaptation of the channel, and the device's own layer where that belongs to it.</summary>
/// <param name="Name">Name of the adaptation.</param>
/// <param name="Version">Its version.</param>
/// <param name="Composition">Digest of the composition's content: what the device reports.</param>
/// <param name="Envelope">The signed composition, a blob.</param>
/// <param name="EnvelopeSize">Its size in bytes.</param>
/// <param name="SoakSeconds">How long it must stay healthy before it is committed.</param>
/// <param name="Local">Digest of the signed local layer, or default for none.</param>
/// <param name="LocalSize">Its size in bytes.</param>
internal sealed record AdaptationPick(
    ModelName Name,
    ModelVersion Version,
    Digest Composition,
    Digest Envelope,
    long EnvelopeSize,
    int SoakSeconds,
    Digest Local,
    long LocalSize)
{
    /// <summary>True when both stand for the same files: a signature made anew, or another soak, changes nothing that runs.</summary>
    internal static bool Same(AdaptationPick? left, AdaptationPick? right) =>
        left?.Composition == right?.Composition && (left is null || left.Local == right!.Local);
}
