using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;

namespace SlmOps.Packaging.Verification;

/// <summary>Decides whether a release and its variants are what the release key signed.</summary>
public static class ReleaseVerifier
{
    /// <summary>Checks an index and its bundle against what the channel named.</summary>
    /// <param name="index">The index as fetched.</param>
    /// <param name="bundle">The Sigstore bundle as fetched.</param>
    /// <param name="releaseKey">The one key that may sign releases.</param>
    /// <param name="expected">What the channel document named.</param>
    public static Verdict VerifyIndex(ReadOnlySpan<byte> index, ReadOnlySpan<byte> bundle, PublicKey releaseKey, ReleaseRef expected)
    {
        var (indexBytes, bundleBytes) = (index.ToArray(), bundle.ToArray());
        var checks = new CheckList();
        AddBlob(checks, "index", indexBytes, expected.Digest, expected.Size);
        checks.Add("bundle-digest", () => Same(Digest.Of(bundleBytes), expected.Signature, "bundle"));

        DsseResult? signed = null;
        checks.Add(
            "signature",
            () =>
            {
                signed = SigstoreBundle.Verify(bundleBytes, releaseKey);
                return (signed.IsValid, signed.IsValid ? $"Signed by key {releaseKey.KeyId}." : $"{signed.ReasonCode}: {signed.Reason}");
            }
        );
        checks.Add(
            "statement",
            () =>
            {
                var (name, subject, predicate) = InTotoStatement.ReadHead(
                    StrictJson.Parse(signed!.Payload, Limits.BundleBytes, "statement"));
                var wanted = $"{expected.Model}:{expected.Version}";
                return (
                    name == wanted && subject == expected.Digest && predicate == ProvenanceStatement.PredicateType,
                    $"The statement is '{predicate}' over '{StrictJson.Shown(name)}' {subject}; expected "
                        + $"'{ProvenanceStatement.PredicateType}' over '{wanted}' {expected.Digest}."
                );
            }
        );
        checks.Add(
            "index-content",
            () =>
            {
                var release = ReleaseReader.ReadIndex(indexBytes);
                return (
                    release.Model == expected.Model && release.Version == expected.Version,
                    $"The index is of {release.Model}/{release.Version} with {release.Variants.Count} variants; expected "
                        + $"{expected.Model}/{expected.Version}."
                );
            }
        );
        return checks.ToVerdict();
    }

    /// <summary>Checks the manifest of a variant against the offer of a verified index.</summary>
    /// <param name="manifest">The manifest as fetched.</param>
    /// <param name="model">Model name of the release.</param>
    /// <param name="version">Model version of the release.</param>
    /// <param name="offer">The variant as the index names it.</param>
    public static Verdict VerifyManifest(ReadOnlySpan<byte> manifest, ModelName model, ModelVersion version, VariantOffer offer)
    {
        var bytes = manifest.ToArray();
        var checks = new CheckList();
        AddBlob(checks, "manifest", bytes, offer.Manifest, offer.ManifestSize);
        checks.Add(
            "manifest-content",
            () =>
            {
                var content = ReleaseReader.ReadManifest(bytes);
                return (
                    content.Model == model && content.Version == version && content.Variant == offer.Name && content.Recipe == offer.Recipe,
                    $"The manifest is of {content.Model}/{content.Version} {content.Variant} ({content.Recipe}); expected "
                        + $"{model}/{version} {offer.Name} ({offer.Recipe})."
                );
            }
        );
        checks.Add(
            "manifest-bytes",
            () =>
            {
                var content = ReleaseReader.ReadManifest(bytes);
                return (content.Bytes == offer.Bytes, $"Its files have {content.Bytes} bytes; the index says {offer.Bytes}.");
            }
        );
        return checks.ToVerdict();
    }

    private static void AddBlob(CheckList checks, string what, byte[] bytes, Digest digest, long size)
    {
        checks.Add($"{what}-size", () => (bytes.Length == size, $"The {what} has {bytes.Length} bytes; expected {size}."));
        checks.Add($"{what}-digest", () => Same(Digest.Of(bytes), digest, what));
    }

    private static (bool Passed, string Reason) Same(Digest actual, Digest expected, string what) =>
        (actual == expected, $"The {what} is {actual}; expected {expected}.");
}
