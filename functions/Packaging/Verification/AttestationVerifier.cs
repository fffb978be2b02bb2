using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Verification;

/// <summary>Checks the attestations that a release's signed provenance names.</summary>
internal static class AttestationVerifier
{
    internal static async Task<IReadOnlyList<Check>> VerifyAsync(
        byte[] bundle,
        IReadOnlyDictionary<string, (VariantOffer Offer, VariantManifest Manifest)> variants,
        ReleaseRef release,
        IBlobSource store,
        PublicKey releaseKey,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<Attestation> attestations;
        try
        {
            attestations = ProvenanceStatement.ReadByproducts(
                StrictJson.Parse(SigstoreBundle.PayloadOf(bundle), Limits.BundleBytes, "statement"));
        }
        catch (PackageFormatException exception)
        {
            return [new("attestations", CheckOutcome.Failed, $"{exception.Code}: {exception.Message}")];
        }

        var checks = new List<Check>();
        foreach (var attestation in attestations)
        {
            var name = $"{attestation.Variant} {attestation.KindName}";
            var (bytes, failure) = await DocumentReader
                .TryReadAsync(store, name, attestation.Blob.Digest, Limits.BundleBytes, cancellationToken)
                .ConfigureAwait(false);
            var (passed, reason) =
                failure is not null ? (false, failure.Reason)
                : Digest.Of(bytes) != attestation.Blob.Digest
                    ? (false, $"It is {Digest.Of(bytes)}; the provenance names {attestation.Blob.Digest}.")
                : !variants.TryGetValue(attestation.Variant, out var variant)
                    ? (false, "Its variant does not verify or is no part of the release.")
                : Judge(attestation, bytes, variant.Offer, variant.Manifest, release, releaseKey);
            checks.Add(new(name, passed ? CheckOutcome.Passed : CheckOutcome.Failed, reason));
        }

        return checks;
    }

    private static (bool Passed, string Reason) Judge(
        Attestation attestation, byte[] bytes, VariantOffer offer, VariantManifest manifest, ReleaseRef release, PublicKey releaseKey)
    {
        if (attestation.Kind == AttestationKind.BillOfMaterials)
        {
            return (true, $"It is {attestation.Blob.Digest}, as the signed provenance says.");
        }

        var signed = SigstoreBundle.Verify(bytes, releaseKey);
        if (!signed.IsValid)
        {
            return (false, $"{signed.ReasonCode}: {signed.Reason}");
        }

        try
        {
            var statement = StrictJson.Parse(signed.Payload, Limits.BundleBytes, "statement");
            var (name, subject, predicate) = InTotoStatement.ReadHead(statement);
            return attestation.Kind switch
            {
                // Writing it again compares every file at once.
                AttestationKind.ModelSignature => (
                    signed.Payload.AsSpan().SequenceEqual(ModelSignatureStatement.Write(manifest.Model, manifest.Variant, manifest.Files)),
                    $"It signs {manifest.Files.Count} files as {subject}."),
                AttestationKind.LabResult => (
                    predicate == TestResultStatement.PredicateType
                        && subject == offer.Manifest
                        && name == $"{release.Model}:{release.Version}-{attestation.Variant}"
                        && statement.Child("predicate").Text("result") == attestation.Result
                        && LabResultStatement.Agrees(statement, offer),
                    $"It says '{StrictJson.Shown(statement.Child("predicate").Text("result"))}' for '{StrictJson.Shown(name)}' {subject}, "
                        + $"the provenance '{StrictJson.Shown(attestation.Result ?? "")}', and the signed offer that it passed on "
                        + $"{Named(offer.PassedClasses)} and failed on {Named(offer.FailedClasses)}."),
                _ => (
                    predicate == TestResultStatement.PredicateType
                        && subject == offer.Manifest
                        && name == $"{release.Model}:{release.Version}-{attestation.Variant}"
                        && statement.Child("predicate").Text("result") == "PASSED",
                    $"It says '{StrictJson.Shown(statement.Child("predicate").Text("result"))}' for '{StrictJson.Shown(name)}' {subject}."),
            };
        }
        catch (PackageFormatException exception)
        {
            return (false, $"{exception.Code}: {exception.Message}");
        }
    }

    private static string Named(IReadOnlyList<string> classes) => classes.Count == 0 ? "no class" : string.Join(", ", classes);
}
