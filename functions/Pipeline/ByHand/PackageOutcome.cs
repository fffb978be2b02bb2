using SlmOps.Contracts;

namespace SlmOps.Pipeline.ByHand;

/// <summary>What packaging a folder gave.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Version.</param>
/// <param name="IndexDigest">The release: digest of its OCI index.</param>
/// <param name="SignatureDigest">Digest of the signature over it.</param>
/// <param name="Variants">What it holds.</param>
/// <param name="Bytes">Bytes of all blobs of the layout.</param>
public sealed record PackageOutcome(
    ModelName Model,
    ModelVersion Version,
    Digest IndexDigest,
    Digest SignatureDigest,
    IReadOnlyList<PackagedVariant> Variants,
    long Bytes);

/// <summary>One packaged variant.</summary>
/// <param name="Name">Its name in the release.</param>
/// <param name="Recipe">Recipe that made it.</param>
/// <param name="Manifest">Digest of its OCI manifest.</param>
/// <param name="Bytes">Bytes of its files.</param>
public sealed record PackagedVariant(string Name, string Recipe, Digest Manifest, long Bytes);
