using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Statements;

/// <summary>Writes the documents that let others check a variant: what its files are, how it was tested, what it is made of.</summary>
public static class VariantAttestor
{
    /// <summary>Writes the three attestations of a packed variant into the store.</summary>
    /// <param name="offer">What packing gave.</param>
    /// <param name="description">What it was packed with.</param>
    /// <param name="outcome">How validation judged it.</param>
    /// <param name="store">Holds the variant's manifest; takes the attestations.</param>
    /// <param name="releaseKey">Signs them.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static Task<IReadOnlyList<Attestation>> WriteAsync(
        VariantOffer offer,
        VariantDescription description,
        ValidationOutcome outcome,
        IBlobStore store,
        ISigningKey releaseKey,
        CancellationToken cancellationToken) => WriteAsync(offer, description, outcome, null, store, releaseKey, cancellationToken);

    /// <summary>Writes the attestations of a packed variant into the store: three, and the lab's word where there is one.</summary>
    /// <param name="offer">What packing gave.</param>
    /// <param name="description">What it was packed with.</param>
    /// <param name="outcome">How validation judged it.</param>
    /// <param name="lab">What the device lab found; null where it was not asked.</param>
    /// <param name="store">Holds the variant's manifest; takes the attestations.</param>
    /// <param name="releaseKey">Signs them.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static async Task<IReadOnlyList<Attestation>> WriteAsync(
        VariantOffer offer,
        VariantDescription description,
        ValidationOutcome outcome,
        LabReading? lab,
        IBlobStore store,
        ISigningKey releaseKey,
        CancellationToken cancellationToken)
    {
        var manifest = ReleaseReader.ReadManifest(
            await store.ReadAsync(offer.Manifest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false));
        var files = ModelSignatureStatement.Write(description.Model, offer.Name, manifest.Files);
        var tests = TestResultStatement.Write(description.Model, description.Version, offer, outcome);
        var bom = BillOfMaterials.Write(description, offer, manifest.Files);
        List<Attestation> attestations =
        [
            new(offer.Name, AttestationKind.ModelSignature, await SignAsync(files).ConfigureAwait(false)),
            new(offer.Name, AttestationKind.TestResult, await SignAsync(tests).ConfigureAwait(false)),
            new(offer.Name, AttestationKind.BillOfMaterials, await store.AddAsync(bom, cancellationToken).ConfigureAwait(false)),
        ];
        if (lab is not null)
        {
            var tried = LabResultStatement.Write(description.Model, description.Version, offer, lab);
            attestations.Add(new(offer.Name, AttestationKind.LabResult, await SignAsync(tried).ConfigureAwait(false))
            {
                Result = lab.Result,
            });
        }

        return attestations;

        async Task<BlobRef> SignAsync(byte[] statement) =>
            await store
                .AddAsync(await SigstoreBundle.SignAsync(statement, releaseKey, cancellationToken).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
    }
}
