using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Verification;

namespace SlmOps.EdgeAgent.Download;

/// <summary>Brings the files of a variant into the store and checks every one of them.</summary>
internal sealed class PackageFetcher(
    ContentStore store, BlobDownloader downloader, DeltaFetcher deltas, Func<long> freeBytes, ILogger log)
{
    // Room for the state, the outbox and the device's other work.
    private const long SpareBytes = 64L << 20;

    /// <summary>Null when all blobs are in the store.</summary>
    internal async Task<Failure?> DownloadAsync(DownloadOrder order, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        var variant = order.Variant;
        if (variant.ManifestSize is < 1 or > Limits.ManifestBytes)
        {
            return new(
                FailureKind.Refused,
                "manifest-size",
                $"The manifest of {variant.Name} is said to have {variant.ManifestSize} bytes.");
        }

        if (await downloader.FetchAsync(new(variant.Manifest, variant.ManifestSize), sliceEnd, cancellationToken) is { } failure)
        {
            return failure;
        }

        // Before the first large byte: paths, sizes and totals must be what the signed index promises.
        if (await RefusedManifestAsync(order.Release, variant, cancellationToken) is { } refused)
        {
            return refused;
        }

        var wanted = await ManifestAsync(variant, cancellationToken);
        var (delta, wait) = await deltas.FindAsync(order, wanted, sliceEnd, cancellationToken);
        return wait ?? await FetchAsync(wanted, variant, delta, sliceEnd, cancellationToken);
    }

    private async Task<Failure?> FetchAsync(
        VariantManifest wanted, VariantOffer variant, UsableDelta? delta, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        var plan = Plan(wanted, delta);
        if (NoRoom(plan) is not null && delta is not null)
        {
            // A delta lies on the disk beside what it makes; a whole file needs no more than itself.
            (delta, plan) = (null, Plan(wanted, null));
        }

        if (NoRoom(plan) is { } full)
        {
            return full;
        }

        Log.FetchPlanned(log, variant.Name, plan.Bytes, wanted.Bytes, plan.Steps.Count(step => step.Way == FetchWay.Delta));
        foreach (var step in plan.Steps.Where(step => step.Way != FetchWay.Held))
        {
            if (step.Layer is { } layer)
            {
                var (made, wait) = await deltas.MakeAsync(layer, delta!, variant, sliceEnd, cancellationToken);
                if (wait is not null)
                {
                    return wait;
                }

                if (made)
                {
                    continue;
                }
            }

            if (await downloader.FetchAsync(step.Target, sliceEnd, cancellationToken) is { } stopped)
            {
                return stopped;
            }
        }

        return null;
    }

    /// <summary>Bytes that came over the network so far.</summary>
    internal long Received => downloader.Received;

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
                DiskPath.Remove(path);
                return new(FailureKind.Attempt, "stored-blob-damaged", $"{file.Path}: {damage}.");
            }
        }

        return null;
    }

    internal Task<VariantManifest> ManifestAsync(VariantOffer variant, CancellationToken cancellationToken) =>
        store.ReadManifestAsync(new(variant.Manifest, variant.ManifestSize), cancellationToken);

    private async Task<Failure?> RefusedManifestAsync(ReleaseRef release, VariantOffer variant, CancellationToken cancellationToken)
    {
        if (!store.Has(new(variant.Manifest, variant.ManifestSize)))
        {
            DiskPath.Remove(store.PathOf(variant.Manifest));
            return new(FailureKind.Attempt, "stored-blob-damaged", $"The manifest of {variant.Name} is gone from the store.");
        }

        var manifest = await File.ReadAllBytesAsync(store.PathOf(variant.Manifest), cancellationToken);
        var verdict = ReleaseVerifier.VerifyManifest(manifest, release.Model, release.Version, variant);
        if (verdict.Refusal is { Name: "manifest-digest" or "manifest-size" } damaged)
        {
            DiskPath.Remove(store.PathOf(variant.Manifest));
            return new(FailureKind.Attempt, "stored-blob-damaged", damaged.Reason);
        }

        return verdict.Refusal is { } refusal ? new(FailureKind.Refused, refusal.Name, refusal.Reason) : null;
    }

    private FetchPlan Plan(VariantManifest wanted, UsableDelta? delta) =>
        FetchPlan.Make(
            wanted,
            wanted.Files.Where(file => store.Has(new(file.Digest, file.Size))).Select(file => file.Digest).ToHashSet(),
            delta?.Manifest);

    private Failure? NoRoom(FetchPlan plan)
    {
        var missing = plan
            .Steps.Where(step => step.Way != FetchWay.Held)
            .Sum(step => step.Target.Size - store.PartialLength(step.Target.Digest));
        // One delta at a time: it is deleted once it made its file.
        var delta = plan
            .Steps.Select(step => step.Layer)
            .OfType<DeltaLayer>()
            .Select(layer => store.Has(layer.Delta) ? 0 : layer.Delta.Size - store.PartialLength(layer.Delta.Digest))
            .DefaultIfEmpty()
            .Max();
        var (needed, free) = (missing + delta, freeBytes());
        return needed == 0 || needed + SpareBytes <= free
            ? null
            : new(FailureKind.Transient, "disk-full", $"{needed} bytes are missing and {SpareBytes} must stay free, there are {free}.");
    }
}
