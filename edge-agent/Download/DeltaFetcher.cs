using Microsoft.Extensions.Logging;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Download;

/// <summary>
/// Makes blobs from deltas. A delta is a shortcut: whatever is wrong with one is logged, ends its use, and costs the
/// deployment no try, because the whole file is fetched instead.
/// </summary>
internal sealed class DeltaFetcher(ContentStore store, BlobDownloader downloader, ILogger log)
{
    // A service that answers but does not give the delta must not keep a device from the whole file. A network that is
    // away says nothing about the delta: it keeps both away.
    private const int MaxInterruptions = 3;

    private readonly HashSet<Digest> _left = [];
    private readonly HashSet<Digest> _soundBases = [];
    private readonly Dictionary<Digest, int> _interruptions = [];

    /// <summary>
    /// The delta to use, or null; with it why the download must wait. Its layers are those that shorten what is left
    /// to fetch.
    /// </summary>
    internal async Task<(UsableDelta? Delta, Failure? Wait)> FindAsync(
        DownloadOrder order, VariantManifest wanted, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        foreach (var installed in order.Installed)
        {
            var offer = order.Deltas.FirstOrDefault(one => one.From == installed.Manifest && one.To == order.Variant.Manifest);
            if (offer is null || _left.Contains(offer.Delta.Digest))
            {
                continue;
            }

            var (manifest, wait) = await ManifestAsync(offer, order.Variant, sliceEnd, cancellationToken);
            if (wait is not null)
            {
                return (null, wait);
            }

            if (manifest is null || Useful(manifest, wanted) is not { Layers.Count: > 0 } useful)
            {
                continue;
            }

            if (await BaseAsync(installed, cancellationToken) is var (from, damage) && from is null)
            {
                Leave(offer.Delta.Digest, order.Variant, "base-damaged", damage!);
                continue;
            }

            return (new(useful, from), null);
        }

        return (null, null);
    }

    /// <summary>Fetches one delta and applies it.</summary>
    /// <returns>True when the blob is in the store, else false; with it why the download must wait.</returns>
    internal async Task<(bool Made, Failure? Wait)> MakeAsync(
        DeltaLayer layer, UsableDelta delta, VariantOffer variant, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        var failure = await downloader.FetchAsync(layer.Delta, sliceEnd, cancellationToken);
        if (failure is not null && MustWait(layer.Delta.Digest, failure))
        {
            return (false, failure);
        }

        var (code, reason) = failure is null ? await ApplyAsync(layer, delta.From, cancellationToken) : (failure.Code, failure.Reason);
        DiskPath.Remove(store.PathOf(layer.Delta.Digest));
        if (code is null)
        {
            return (true, null);
        }

        Leave(layer.Delta.Digest, variant, code, reason!, forGood: failure?.Kind != FailureKind.Transient);
        return (false, null);
    }

    private async Task<(DeltaManifest? Manifest, Failure? Wait)> ManifestAsync(
        DeltaOffer offer, VariantOffer variant, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        if (offer.Delta.Size is < 1 or > Limits.ManifestBytes)
        {
            Leave(offer.Delta.Digest, variant, "delta-size", $"Its manifest is said to have {offer.Delta.Size} bytes.");
            return (null, null);
        }

        if (await downloader.FetchAsync(offer.Delta, sliceEnd, cancellationToken) is { } failure)
        {
            if (MustWait(offer.Delta.Digest, failure))
            {
                return (null, failure);
            }

            Leave(offer.Delta.Digest, variant, failure.Code, failure.Reason, forGood: failure.Kind != FailureKind.Transient);
            return (null, null);
        }

        try
        {
            var manifest = DeltaManifest.Read(await store.ReadAsync(offer.Delta.Digest, Limits.ManifestBytes, cancellationToken));
            if (manifest.From == offer.From && manifest.To == offer.To)
            {
                return (manifest, null);
            }

            Leave(offer.Delta.Digest, variant, "delta-mismatch", $"It leads from {manifest.From} to {manifest.To}.");
        }
        catch (PackageFormatException exception)
        {
            DiskPath.Remove(store.PathOf(offer.Delta.Digest));
            Leave(offer.Delta.Digest, variant, exception.Code, exception.Message);
        }

        return (null, null);
    }

    /// <summary>A whole file that is on its way already goes on; so does a delta that was left, after a restart as well.</summary>
    private DeltaManifest Useful(DeltaManifest manifest, VariantManifest wanted)
    {
        var files = wanted.Files.Select(file => new BlobRef(file.Digest, file.Size)).ToHashSet();
        return manifest with
        {
            Layers =
            [
                .. manifest.Layers.Where(layer => files.Contains(layer.Target) && layer.Delta.Size < layer.Target.Size
                    && !_left.Contains(layer.Delta.Digest) && !store.Has(layer.Target) && store.PartialLength(layer.Target.Digest) == 0),
            ],
        };
    }

    /// <summary>The base, checked to the last byte once in the life of the process: deltas take what is there on trust.</summary>
    private async Task<(VariantManifest? From, string? Damage)> BaseAsync(VariantOffer installed, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = await store.ReadManifestAsync(new(installed.Manifest, installed.ManifestSize), cancellationToken);
            foreach (var file in _soundBases.Contains(installed.Manifest) ? [] : manifest.Files)
            {
                if (
                    await ContentStore.FindDamageAsync(store.PathOf(file.Digest), new(file.Digest, file.Size), cancellationToken) is
                    { } damage)
                {
                    return (null, damage);
                }
            }

            _soundBases.Add(installed.Manifest);
            return (manifest, null);
        }
        catch (Exception exception) when (exception is PackageFormatException or IOException)
        {
            return (null, exception.Message);
        }
    }

    private async Task<(string? Code, string? Reason)> ApplyAsync(
        DeltaLayer layer,
        VariantManifest from,
        CancellationToken cancellationToken)
    {
        try
        {
            // It may lie here since before a power cut, and what is decoded must be what was signed.
            if (await ContentStore.FindDamageAsync(store.PathOf(layer.Delta.Digest), layer.Delta, cancellationToken) is { } damage)
            {
                return ("delta-damaged", damage);
            }

            var outcome = await DeltaApplier.ApplyAsync(layer, from, store, cancellationToken);
            return (outcome.ReasonCode, outcome.Reason);
        }
        catch (IOException exception)
        {
            // Such as a sector of the base that cannot be read any more.
            return ("delta-io", exception.Message);
        }
    }

    private bool MustWait(Digest delta, Failure failure) =>
        failure is { Code: "network" }
        || failure == BlobDownloader.TimeIsUp
        || (
            failure.Kind == FailureKind.Transient
            && (_interruptions[delta] = _interruptions.GetValueOrDefault(delta) + 1) < MaxInterruptions);

    /// <summary>For good means for this process: a delta that did not come for lack of a network may be asked for again.</summary>
    private void Leave(Digest delta, VariantOffer variant, string code, string reason, bool forGood = true)
    {
        Log.DeltaLeft(log, delta.ToString(), variant.Name, code, reason);
        if (forGood)
        {
            _left.Add(delta);
        }
    }
}
