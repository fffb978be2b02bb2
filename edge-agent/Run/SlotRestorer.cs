using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Run;

/// <summary>Brings one file of a slot back: made again, from the store, from the device's own layer, or from the service.</summary>
internal sealed class SlotRestorer(
    DataFolder folder,
    ModelSlots slots,
    SlotRecords records,
    ContentStore store,
    ComposedFiles composed,
    LocalLayers local,
    BlobDownloader downloader)
{
    // Another slot may serve meanwhile, and the next look comes soon.
    private const int FruitlessTries = 2;

    /// <summary>Brings back what says which files a slot holds; null when it can be read again, or why not.</summary>
    internal async Task<Failure?> RestoreListAsync(SlotContent content, DateTimeOffset? sliceEnd, CancellationToken cancellationToken)
    {
        try
        {
            List<BlobRef> signed = [new(content.Variant.Manifest, content.Variant.ManifestSize)];
            if (content.Adaptation is { } adaptation)
            {
                signed.Add(new(adaptation.Envelope, adaptation.EnvelopeSize));
            }

            var failure = await EnsureAsync(signed, sliceEnd, cancellationToken);
            if (failure is not null || content.Adaptation is null)
            {
                return failure;
            }

            if (await local.ImportAsync(content.Adaptation, store, cancellationToken) is { } damaged)
            {
                return damaged;
            }

            var (resolved, refused) = await composed.ResolveAsync(content.Variant, content.Adaptation, cancellationToken);
            return resolved is null
                ? refused
                : await EnsureAsync(
                    [.. resolved.Files.Where(file => file.Patches.Count > 0).SelectMany(file => file.Patches.Prepend(file.Content))],
                    sliceEnd,
                    cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(FailureKind.Transient, "disk", exception.Message);
        }
    }

    /// <summary>
    /// True when a slot that is not in charge holds its files and nothing else, after what was damaged came back from the device itself.
    /// </summary>
    internal async Task<bool> MendAsync(Slot slot, SlotContent content, CancellationToken cancellationToken)
    {
        if (await records.FilesAsync(slot, content, cancellationToken) is not { } files)
        {
            return false;
        }

        foreach (var file in files)
        {
            var damage = await ContentStore.FindDamageAsync(slots.PathOf(slot, file.Path), new(file.Digest, file.Size), cancellationToken);
            if (damage is not null && await RestoreAsync(slot, content, file, null, cancellationToken) is not null)
            {
                return false;
            }
        }

        foreach (var stranger in slots.Strangers(slot, [.. files.Select(file => file.Path)]))
        {
            DiskPath.Remove(stranger);
        }

        return true;
    }

    /// <summary>Null when the file is in its place again, or why not.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="content">What it should hold.</param>
    /// <param name="file">The file that is damaged.</param>
    /// <param name="sliceEnd">When a download stops for now; what was fetched is kept. Null asks the service for nothing.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task<Failure?> RestoreAsync(
        Slot slot, SlotContent content, PackageFile file, DateTimeOffset? sliceEnd, CancellationToken cancellationToken)
    {
        try
        {
            if (await MadeAsync(content, file, sliceEnd, cancellationToken) is { } made)
            {
                slots.Replace(slot, made);
                return null;
            }

            if (await EnsureAsync([new(file.Digest, file.Size)], sliceEnd, cancellationToken) is { } failure)
            {
                return failure;
            }

            slots.Replace(slot, new(file.Path, file.Digest, file.Size));
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(FailureKind.Transient, "disk", exception.Message);
        }
    }

    /// <summary>Null when the store holds each blob as it was signed.</summary>
    private async Task<Failure?> EnsureAsync(IReadOnlyList<BlobRef> blobs, DateTimeOffset? sliceEnd, CancellationToken cancellationToken)
    {
        foreach (var blob in blobs)
        {
            if (await ContentStore.FindDamageAsync(store.PathOf(blob.Digest), blob, cancellationToken) is null)
            {
                continue;
            }

            DiskPath.Remove(store.PathOf(blob.Digest));
            if (await CopyOwnAsync(blob, cancellationToken))
            {
                continue;
            }

            var failure = sliceEnd is { } end
                ? await downloader.FetchAsync(blob, end, cancellationToken, FruitlessTries)
                : new(FailureKind.Attempt, ReasonCodes.SlotDamaged, $"The device itself has no {blob.Digest} any more.");
            if (failure is not null)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>What the device made of signed parts it makes again.</summary>
    private async Task<SlotFile?> MadeAsync(
        SlotContent content, PackageFile file, DateTimeOffset? sliceEnd, CancellationToken cancellationToken)
    {
        if (content.Adaptation is null)
        {
            return null;
        }

        var (files, _) = await composed.FilesAsync(content.Variant, content.Adaptation, cancellationToken);
        if (files is null && await RestoreListAsync(content, sliceEnd, cancellationToken) is null)
        {
            (files, _) = await composed.FilesAsync(content.Variant, content.Adaptation, cancellationToken);
        }

        return files?.FirstOrDefault(one => one.Path == file.Path && one.Digest == file.Digest && one.Content is not null);
    }

    /// <summary>Files of the device's own layer are with no service.</summary>
    private async Task<bool> CopyOwnAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder.LocalFiles, blob.Digest.Hex);
        if (await ContentStore.FindDamageAsync(path, blob, cancellationToken) is not null)
        {
            return false;
        }

        using var content = File.OpenRead(path);
        await store.AddAsync(blob, content, cancellationToken);
        return true;
    }
}
