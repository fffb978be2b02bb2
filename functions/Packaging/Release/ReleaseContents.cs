using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Release;

/// <summary>Everything that belongs to a release: its documents as read, and every blob once.</summary>
/// <param name="Release">The release.</param>
/// <param name="Index">Its index.</param>
/// <param name="Manifests">The manifests of its variants, in the index's order.</param>
/// <param name="Attestations">What its provenance names.</param>
/// <param name="Blobs">Index, bundle, manifests, configs, files and attestations; each once, in this order.</param>
public sealed record ReleaseContents(
    ReleaseRef Release,
    ReleaseIndex Index,
    IReadOnlyList<VariantManifest> Manifests,
    IReadOnlyList<Attestation> Attestations,
    IReadOnlyList<BlobRef> Blobs)
{
    /// <summary>Reads a release's documents from a store. Digests are checked, signatures are not: see <see cref="PackageVerifier"/>.</summary>
    /// <exception cref="PackageFormatException">When a document is not what its digest or form says.</exception>
    /// <exception cref="FileNotFoundException">When a document is missing.</exception>
    public static async Task<ReleaseContents> ReadAsync(ReleaseRef release, IBlobSource store, CancellationToken cancellationToken)
    {
        var index = ReleaseReader.ReadIndex(
            await store.ReadAsync(release.Digest, Limits.IndexBytes, cancellationToken).ConfigureAwait(false));
        var bundle = await store.ReadAsync(release.Signature, Limits.BundleBytes, cancellationToken).ConfigureAwait(false);
        var attestations = ProvenanceStatement.ReadByproducts(
            StrictJson.Parse(SigstoreBundle.PayloadOf(bundle), Limits.BundleBytes, "statement"));
        var manifests = new List<VariantManifest>();
        foreach (var offer in index.Variants)
        {
            manifests.Add(ReleaseReader.ReadManifest(
                await store.ReadAsync(offer.Manifest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false)));
        }

        BlobRef[] blobs =
        [
            new(release.Digest, release.Size),
            new(release.Signature, bundle.Length),
            .. index.Variants.Select(offer => new BlobRef(offer.Manifest, offer.ManifestSize)),
            .. manifests.Select(manifest => manifest.Config),
            .. manifests.SelectMany(manifest => manifest.Files, (_, file) => new BlobRef(file.Digest, file.Size)),
            .. attestations.Select(attestation => attestation.Blob),
        ];
        return new(release, index, manifests, attestations, [.. blobs.Distinct()]);
    }
}
