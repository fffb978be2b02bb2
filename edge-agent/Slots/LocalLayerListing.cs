using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>What <c>local list</c> prints.</summary>
/// <param name="State">One of <see cref="LocalLayerStates"/>.</param>
/// <param name="Base">Manifest of the variant it was made for.</param>
/// <param name="KeyId">Id of the device's key.</param>
/// <param name="Files">Its files.</param>
internal sealed record LocalLayerListing(string State, Digest Base, string? KeyId, IReadOnlyList<string> Files);
