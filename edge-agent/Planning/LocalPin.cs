using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>The device's own layer, as far as a plan needs it.</summary>
/// <param name="Envelope">Digest of its signed form.</param>
/// <param name="Size">Size of that in bytes.</param>
/// <param name="Base">Manifest of the variant it was made for.</param>
internal sealed record LocalPin(Digest Envelope, long Size, Digest Base);
