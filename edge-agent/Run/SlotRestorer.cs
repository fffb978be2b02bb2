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
    ContentStore store,
    ComposedFiles composed,
    BlobDownloader downloader)
{
    // Another slot may serve meanwhile, and the next look comes soon.
    private const int FruitlessTries = 2;

    /// <summary>Null when the file is in its place again, or why not.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="content">What it should hold.</param>
    /// <param name="file">The file that is damaged.</param>
    /// <param name="sliceEnd">When a download stops for now; what was fetched is kept.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task<Failure?> RestoreAsync(
        Slot slot, SlotContent content, PackageFile file, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        try
        {
            if (await MadeAsync(content, file, cancellationToken) is { } made)
            {
                slots.Replace(slot, made);
                return null;
            }

            var blob = new BlobRef(file.Digest, file.Size);
            if (await ContentStore.FindDamageAsync(store.PathOf(file.Digest), blob, cancellationToken) is not null)
            {
                DiskPath.Remove(store.PathOf(file.Digest));
                if (
                    !await CopyOwnAsync(blob, cancellationToken)
                    && await downloader.FetchAsync(blob, sliceEnd, cancellationToken, FruitlessTries) is { } failure)
                {
                    return failure;
                }
            }

            slots.Replace(slot, new(file.Path, file.Digest, file.Size));
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(FailureKind.Transient, "disk", exception.Message);
        }
    }

    /// <summary>What the device made of signed parts it makes again.</summary>
    private async Task<SlotFile?> MadeAsync(SlotContent content, PackageFile file, CancellationToken cancellationToken)
    {
        if (content.Adaptation is null)
        {
            return null;
        }

        var (files, _) = await composed.FilesAsync(content.Variant, content.Adaptation, cancellationToken);
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
