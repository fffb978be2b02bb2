using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Download;

/// <summary>Brings what is laid over a variant into the store: the composition, its adapters and patches, the local layer.</summary>
internal sealed class CompositionFetcher(
    DataFolder folder,
    ContentStore store,
    BlobDownloader downloader,
    ComposedFiles composed,
    LocalLayers local)
{
    // As for a variant: room for the state, the outbox and the device's other work.
    private const long SpareBytes = 64L << 20;

    /// <summary>Null when everything is there; the variant's own files are there before.</summary>
    internal async Task<Failure?> DownloadAsync(Deployment deployment, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        if (deployment is not { Adaptation: { } adaptation, Variant: { } variant })
        {
            return null;
        }

        if (await downloader.FetchAsync(new(adaptation.Envelope, adaptation.EnvelopeSize), sliceEnd, cancellationToken) is { } failure)
        {
            return LastTry(failure, deployment);
        }

        if (await local.ImportAsync(adaptation, store, cancellationToken) is { } damaged)
        {
            return LastTry(damaged, deployment);
        }

        var (resolved, refused) = await composed.ResolveAsync(variant, adaptation, cancellationToken);
        if (resolved is null)
        {
            return Damaged(refused!, adaptation);
        }

        var blobs = resolved.Blobs.Where(blob => !store.Has(blob)).ToList();
        if (NoRoom(blobs) is { } full)
        {
            return full;
        }

        foreach (var blob in blobs)
        {
            if (await downloader.FetchAsync(blob, sliceEnd, cancellationToken) is { } stopped)
            {
                return LastTry(stopped, deployment);
            }
        }

        return null;
    }

    /// <summary>Null when every blob is what was signed and every patch applies.</summary>
    internal async Task<Failure?> VerifyAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        if (deployment is not { Adaptation: { } adaptation, Variant: { } variant })
        {
            return null;
        }

        var (resolved, refused) = await composed.ResolveAsync(variant, adaptation, cancellationToken);
        if (resolved is null)
        {
            return Damaged(refused!, adaptation);
        }

        foreach (var blob in resolved.Blobs)
        {
            if (await ContentStore.FindDamageAsync(store.PathOf(blob.Digest), blob, cancellationToken) is { } damage)
            {
                // Fetched again at the next try.
                DiskPath.Remove(store.PathOf(blob.Digest));
                return new(FailureKind.Attempt, "stored-blob-damaged", $"{damage}.");
            }
        }

        return (await composed.FilesAsync(variant, adaptation, cancellationToken)).Failure;
    }

    /// <summary>Everything that a slot's composition needs to be checked again, for who tidies the store.</summary>
    internal async Task<IReadOnlyList<Digest>> NeededAsync(SlotContent content, CancellationToken cancellationToken)
    {
        if (content.Adaptation is not { } adaptation)
        {
            return [];
        }

        var (resolved, _) = await composed.ResolveAsync(content.Variant, adaptation, cancellationToken);
        List<Digest> own = adaptation.Local.IsEmpty ? [adaptation.Envelope] : [adaptation.Envelope, adaptation.Local];
        return resolved is null ? own : [.. own, .. resolved.Blobs.Select(blob => blob.Digest)];
    }

    /// <summary>A service that never gives what a composition needs must not keep the variant from running without it.</summary>
    private static Failure LastTry(Failure failure, Deployment deployment) =>
        failure.Kind == FailureKind.Attempt && deployment.Attempt >= Backoff.MaxAttempts
            ? failure with { Kind = FailureKind.Condemning, Code = "composition-unavailable" }
            : failure.Kind == FailureKind.Refused ? failure with { Kind = FailureKind.Condemning } : failure;

    private Failure Damaged(Failure failure, AdaptationPick adaptation)
    {
        if (failure.Kind == FailureKind.Attempt)
        {
            DiskPath.Remove(store.PathOf(adaptation.Envelope));
            if (!adaptation.Local.IsEmpty)
            {
                DiskPath.Remove(store.PathOf(adaptation.Local));
            }
        }

        return failure;
    }

    private Failure? NoRoom(List<BlobRef> missing)
    {
        var needed = missing.Sum(blob => blob.Size);
        var free = new DriveInfo(folder.Root).AvailableFreeSpace;
        return needed == 0 || needed + SpareBytes <= free
            ? null
            : new(
                FailureKind.Transient,
                "disk-full",
                $"{needed} bytes of the composition are missing and {SpareBytes} must stay free, '{folder.Root}' has {free}.");
    }
}
