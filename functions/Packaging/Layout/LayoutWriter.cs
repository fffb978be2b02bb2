using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Layout;

/// <summary>Writes a release as an OCI image-layout: static files that any OCI client copies and any web server serves.</summary>
public static class LayoutWriter
{
    /// <summary>
    /// Copies every blob of a release into a folder and names the release, its variants and their referrers in
    /// <c>index.json</c>. Other releases in the folder stay. <c>index.json</c> is written last.
    /// </summary>
    /// <param name="release">What to write.</param>
    /// <param name="store">Where its blobs are.</param>
    /// <param name="folder">The layout; made when it is not there.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static async Task<ReleaseContents> WriteAsync(
        ReleaseRef release,
        IBlobSource store,
        string folder,
        CancellationToken cancellationToken)
    {
        var contents = await ReleaseContents.ReadAsync(release, store, cancellationToken).ConfigureAwait(false);
        var target = new FolderBlobStore(folder);
        foreach (var blob in contents.Blobs)
        {
            await BlobCopy.CopyAsync(store, target, blob, cancellationToken).ConfigureAwait(false);
        }

        var names = LayoutNames.Of(contents);
        foreach (var document in names.Documents)
        {
            await target.AddAsync(document, cancellationToken).ConfigureAwait(false);
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, LayoutMarker.FileName), LayoutMarker.Bytes, cancellationToken)
            .ConfigureAwait(false);
        await NameAsync(names.Entries, folder, cancellationToken).ConfigureAwait(false);
        return contents;
    }

    /// <summary>Copies a delta into a layout that holds its release, and names it in <c>index.json</c>.</summary>
    /// <param name="delta">What to write.</param>
    /// <param name="store">Where its blobs are.</param>
    /// <param name="folder">The layout.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static async Task AddDeltaAsync(DeltaOffer delta, IBlobSource store, string folder, CancellationToken cancellationToken)
    {
        var target = new FolderBlobStore(folder);
        var manifest = DeltaManifest.Read(
            await store.ReadAsync(delta.Delta.Digest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false));
        foreach (var layer in manifest.Layers)
        {
            await BlobCopy.CopyAsync(store, target, layer.Delta, cancellationToken).ConfigureAwait(false);
        }

        await target.AddAsync(Referrers.EmptyConfig, cancellationToken).ConfigureAwait(false);
        await BlobCopy.CopyAsync(store, target, delta.Delta, cancellationToken).ConfigureAwait(false);
        await NameAsync([LayoutIndex.Of(delta)], folder, cancellationToken).ConfigureAwait(false);
    }

    private static async Task NameAsync(IReadOnlyList<LayoutEntry> entries, string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, LayoutIndex.FileName);
        if (File.Exists(path))
        {
            var kept = LayoutIndex.Read(PlainFile.ReadAll(path, Limits.IndexBytes));
            entries = [.. entries, .. kept.ExceptBy(entries.Select(entry => entry.Name), entry => entry.Name)];
        }

        var temporary = $"{path}.{Guid.NewGuid():N}";
        await File.WriteAllBytesAsync(temporary, LayoutIndex.Write(entries), cancellationToken).ConfigureAwait(false);
        File.Move(temporary, path, overwrite: true);
    }
}
