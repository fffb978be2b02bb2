using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Verification;

/// <summary>Checks a whole release, byte by byte, as a device or an auditor would.</summary>
public static class PackageVerifier
{
    /// <summary>
    /// Checks signature, index, manifests, configs, every file and every attestation. Stops at nothing: a failed file
    /// does not hide the next one.
    /// </summary>
    /// <param name="release">What is expected, from a channel document or a layout.</param>
    /// <param name="store">Where the blobs are.</param>
    /// <param name="releaseKey">The one key that may sign releases.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static async Task<Verdict> VerifyAsync(
        ReleaseRef release,
        IBlobSource store,
        PublicKey releaseKey,
        CancellationToken cancellationToken)
    {
        var (index, missing) = await DocumentReader
            .TryReadAsync(store, "index", release.Digest, Limits.IndexBytes, cancellationToken)
            .ConfigureAwait(false);
        if (missing is not null)
        {
            return new([missing]);
        }

        var (bundle, noBundle) = await DocumentReader
            .TryReadAsync(store, "bundle", release.Signature, Limits.BundleBytes, cancellationToken)
            .ConfigureAwait(false);
        if (noBundle is not null)
        {
            return new([noBundle]);
        }

        var verdict = ReleaseVerifier.VerifyIndex(index, bundle, releaseKey, release);
        if (!verdict.IsAccepted)
        {
            return verdict;
        }

        var checks = new List<Check>(verdict.Checks);
        var blobs = new Dictionary<BlobRef, string>();
        var variants = new Dictionary<string, (VariantOffer, VariantManifest)>();
        foreach (var offer in ReleaseReader.ReadIndex(index).Variants)
        {
            if (await CheckManifestAsync(release, offer, store, checks, cancellationToken).ConfigureAwait(false) is { } manifest)
            {
                variants[offer.Name] = (offer, manifest);
                blobs.TryAdd(manifest.Config, $"{offer.Name} config");
                foreach (var file in manifest.Files)
                {
                    blobs.TryAdd(new(file.Digest, file.Size), $"{offer.Name} {file.Path}");
                }
            }
        }

        foreach (var (blob, what) in blobs)
        {
            checks.Add(await CheckBlobAsync(what, blob, store, cancellationToken).ConfigureAwait(false));
        }

        checks.AddRange(
            await AttestationVerifier.VerifyAsync(bundle, variants, release, store, releaseKey, cancellationToken).ConfigureAwait(false));
        return new(checks);
    }

    private static async Task<VariantManifest?> CheckManifestAsync(
        ReleaseRef release, VariantOffer offer, IBlobSource store, List<Check> checks, CancellationToken cancellationToken)
    {
        var (bytes, missing) = await DocumentReader
            .TryReadAsync(store, $"{offer.Name} manifest", offer.Manifest, Limits.ManifestBytes, cancellationToken)
            .ConfigureAwait(false);
        if (missing is not null)
        {
            checks.Add(missing);
            return null;
        }

        var verdict = ReleaseVerifier.VerifyManifest(bytes, release.Model, release.Version, offer);
        checks.AddRange(verdict.Checks.Select(check => check with { Name = $"{offer.Name} {check.Name}" }));
        return verdict.IsAccepted ? ReleaseReader.ReadManifest(bytes) : null;
    }

    internal static async Task<Check> CheckBlobAsync(string what, BlobRef blob, IBlobSource store, CancellationToken cancellationToken)
    {
        try
        {
            var content = await store.OpenReadAsync(blob.Digest, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                var actual = await HashingCopy.RunAsync(content, blob.Size, null, cancellationToken).ConfigureAwait(false);
                return actual == blob
                    ? new(what, CheckOutcome.Passed, $"{blob.Size} bytes with digest {blob.Digest}.")
                    : new(
                        what,
                        CheckOutcome.Failed,
                        $"It has {(actual.Size > blob.Size ? "more than " + blob.Size : actual.Size)} bytes with digest {actual.Digest}; "
                            + $"expected {blob.Size} bytes with {blob.Digest}."
                    );
            }
        }
        catch (FileNotFoundException)
        {
            return new(what, CheckOutcome.Failed, $"The blob {blob.Digest} is missing.");
        }
        catch (Exception unread) when (DocumentReader.IsUnreadable(unread))
        {
            return new(what, CheckOutcome.Failed, $"The blob {blob.Digest} cannot be read: {unread.Message}");
        }
    }
}
