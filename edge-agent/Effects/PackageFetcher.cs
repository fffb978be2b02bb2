using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent.Effects;

/// <summary>Brings the files of a variant into the store and checks every one of them.</summary>
internal sealed class PackageFetcher(DataFolder folder, ContentStore store, BlobDownloader downloader)
{
    // Room for the state, the outbox and the device's other work.
    private const long SpareBytes = 64L << 20;

    /// <summary>Null when all blobs are in the store.</summary>
    internal async Task<Failure?> DownloadAsync(ReleaseRef release, VariantOffer variant, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        if (variant.ManifestSize is < 1 or > Limits.ManifestBytes)
        {
            return new(FailureKind.Refused, "manifest-size", $"The manifest of {variant.Name} is said to have {variant.ManifestSize} bytes.");
        }

        if (await downloader.FetchAsync(new(variant.Manifest, variant.ManifestSize), sliceEnd, cancellationToken) is { } failure)
        {
            return failure;
        }

        // Before the first large byte: paths, sizes and totals must be what the signed index promises.
        if (await RefusedManifestAsync(release, variant, cancellationToken) is { } refused)
        {
            return refused;
        }

        var files = (await ManifestAsync(variant, cancellationToken)).Files;
        if (NoRoom(files) is { } full)
        {
            return full;
        }

        foreach (var file in files)
        {
            if (await downloader.FetchAsync(new(file.Digest, file.Size), sliceEnd, cancellationToken) is { } stopped)
            {
                return stopped;
            }
        }

        return null;
    }

    /// <summary>Null when the manifest and every file are what was signed.</summary>
    internal async Task<Failure?> VerifyAsync(ReleaseRef release, VariantOffer variant, CancellationToken cancellationToken)
    {
        if (await RefusedManifestAsync(release, variant, cancellationToken) is { } refused)
        {
            return refused;
        }

        foreach (var file in (await ManifestAsync(variant, cancellationToken)).Files)
        {
            var path = store.PathOf(file.Digest);
            if (await ContentStore.FindDamageAsync(path, new(file.Digest, file.Size), cancellationToken) is { } damage)
            {
                // Fetched again at the next try.
                ContentStore.Delete(path);
                return new(FailureKind.Attempt, "stored-blob-damaged", $"{file.Path}: {damage}.");
            }
        }

        return null;
    }

    internal Task<VariantManifest> ManifestAsync(VariantOffer variant, CancellationToken cancellationToken) =>
        store.ReadManifestAsync(new(variant.Manifest, variant.ManifestSize), cancellationToken);

    private async Task<Failure?> RefusedManifestAsync(ReleaseRef release, VariantOffer variant, CancellationToken cancellationToken)
    {
        byte[] manifest;
        try
        {
            manifest = await File.ReadAllBytesAsync(store.PathOf(variant.Manifest), cancellationToken);
        }
        catch (FileNotFoundException)
        {
            return new(FailureKind.Attempt, "stored-blob-damaged", $"The manifest of {variant.Name} is gone from the store.");
        }

        var verdict = ReleaseVerifier.VerifyManifest(manifest, release.Model, release.Version, variant);
        if (verdict.Refusal is { Name: "manifest-digest" or "manifest-size" } damaged)
        {
            ContentStore.Delete(store.PathOf(variant.Manifest));
            return new(FailureKind.Attempt, "stored-blob-damaged", damaged.Reason);
        }

        return verdict.Refusal is { } refusal ? new(FailureKind.Refused, refusal.Name, refusal.Reason) : null;
    }

    private Failure? NoRoom(IReadOnlyList<PackageFile> files)
    {
        var missing = files.Where(file => !store.Has(new(file.Digest, file.Size))).DistinctBy(file => file.Digest).ToList();
        var present = missing.Select(file => new FileInfo(store.PartialOf(file.Digest))).Where(partial => partial.Exists).Sum(partial => partial.Length);
        var needed = missing.Sum(file => file.Size) - present;
        var free = new DriveInfo(folder.Root).AvailableFreeSpace;
        return needed == 0 || needed + SpareBytes <= free
            ? null
            : new(FailureKind.Transient, "disk-full", $"{needed} bytes are missing and {SpareBytes} must stay free, '{folder.Root}' has {free}.");
    }
}
