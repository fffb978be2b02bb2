using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Release;

/// <summary>Ties the variants of a version together and signs them.</summary>
public static class ReleasePackager
{
    /// <summary>
    /// Writes the OCI index of a release and the Sigstore bundle over it. The index is the same for the same input;
    /// the bundle differs with every call, because ECDSA is randomised, so a caller that must be idempotent keeps the
    /// first <see cref="ReleaseRef"/>.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Model version.</param>
    /// <param name="createdAt">When the source was made.</param>
    /// <param name="variants">At least one; their manifests must be in the store.</param>
    /// <param name="store">Where blobs go.</param>
    /// <param name="releaseKey">Signs the release.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="PackageFormatException">When a manifest in the store is not the offer's or belongs to another model.</exception>
    public static Task<ReleaseRef> WriteAsync(
        ModelName model,
        ModelVersion version,
        DateTimeOffset createdAt,
        IReadOnlyList<VariantOffer> variants,
        IBlobStore store,
        ISigningKey releaseKey,
        CancellationToken cancellationToken) =>
        WriteAsync(model, version, createdAt, variants, [], store, releaseKey, cancellationToken);

    /// <summary>The same, with attestations of the variants that the signed provenance then names.</summary>
    public static async Task<ReleaseRef> WriteAsync(
        ModelName model,
        ModelVersion version,
        DateTimeOffset createdAt,
        IReadOnlyList<VariantOffer> variants,
        IReadOnlyList<Attestation> attestations,
        IBlobStore store,
        ISigningKey releaseKey,
        CancellationToken cancellationToken)
    {
        var index = IndexWriter.Write(new(model, version, createdAt, variants));
        var manifests = new List<VariantManifest>();
        foreach (var offer in variants.OrderBy(offer => offer.Name, StringComparer.Ordinal))
        {
            var bytes = await store.ReadAsync(offer.Manifest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false);
            var verdict = ReleaseVerifier.VerifyManifest(bytes, model, version, offer);
            manifests.Add(verdict.IsAccepted
                ? ReleaseReader.ReadManifest(bytes)
                : throw new PackageFormatException("wrong-manifest", $"Variant '{offer.Name}': {verdict.Refusal!.Reason}"));
        }

        var blob = await store.AddAsync(index, cancellationToken).ConfigureAwait(false);
        var statement = ProvenanceStatement.Write(model, version, blob.Digest, manifests, attestations);
        var bundle = await SigstoreBundle.SignAsync(statement, releaseKey, cancellationToken).ConfigureAwait(false);
        var signature = await store.AddAsync(bundle, cancellationToken).ConfigureAwait(false);
        return new(model, version, blob.Digest, blob.Size, signature.Digest);
    }
}
