using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Manifests;

/// <summary>A file of a variant.</summary>
/// <param name="Path">Where it goes, a <see cref="SafePath"/>.</param>
/// <param name="Digest">Digest of its bytes, and name of its blob.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record PackageFile(string Path, Digest Digest, long Size);

/// <summary>What a variant consists of.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Variant">Variant name.</param>
/// <param name="Recipe">Quantizer recipe.</param>
/// <param name="Source">Digest of the source model.</param>
/// <param name="Config">The ModelPack config, for other tools; a device does not need it.</param>
/// <param name="Files">The files, sorted by path; no two paths are equal when case is ignored.</param>
public sealed record VariantManifest(
    ModelName Model, ModelVersion Version, string Variant, string Recipe, Digest Source, BlobRef Config, IReadOnlyList<PackageFile> Files)
{
    /// <summary>Bytes of all files together.</summary>
    public long Bytes => Files.Sum(file => file.Size);
}

/// <summary>What a release consists of.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="CreatedAt">When the source was made.</param>
/// <param name="Variants">The variants, sorted by name.</param>
public sealed record ReleaseIndex(ModelName Model, ModelVersion Version, DateTimeOffset CreatedAt, IReadOnlyList<VariantOffer> Variants);
