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
    private static readonly byte[] Marker = """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray();

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

        var entries = await EntriesAsync(contents, target, cancellationToken).ConfigureAwait(false);
        await File.WriteAllBytesAsync(Path.Combine(folder, "oci-layout"), Marker, cancellationToken).ConfigureAwait(false);
        await NameAsync(entries, folder, cancellationToken).ConfigureAwait(false);
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
            var kept = LayoutIndex.Read(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
            entries = [.. entries, .. kept.ExceptBy(entries.Select(entry => entry.Name), entry => entry.Name)];
        }

        var temporary = $"{path}.{Guid.NewGuid():N}";
        await File.WriteAllBytesAsync(temporary, LayoutIndex.Write(entries), cancellationToken).ConfigureAwait(false);
        File.Move(temporary, path, overwrite: true);
    }

    private static async Task<IReadOnlyList<LayoutEntry>> EntriesAsync(
        ReleaseContents contents, FolderBlobStore target, CancellationToken cancellationToken)
    {
        var release = LayoutIndex.Of(contents.Release);
        var bundle = contents.Blobs.First(blob => blob.Digest == contents.Release.Signature);
        var entries = new List<LayoutEntry>
        {
            release,
            await ReferAsync(
                    MediaTypes.Index,
                    release.Blob,
                    [new(MediaTypes.SigstoreBundle, bundle, "provenance")],
                    target,
                    cancellationToken)
                .ConfigureAwait(false),
        };
        foreach (var offer in contents.Index.Variants)
        {
            var manifest = new BlobRef(offer.Manifest, offer.ManifestSize);
            entries.Add(new($"{release.Name}-{offer.Name}", MediaTypes.Manifest, manifest, new Dictionary<string, string>()));
            Referrers.Document[] documents =
            [
                .. contents.Attestations.Where(one => one.Variant == offer.Name)
                    .Select(one => new Referrers.Document(one.MediaType, one.Blob, one.KindName)),
            ];
            if (documents.Length > 0)
            {
                entries.Add(await ReferAsync(MediaTypes.Manifest, manifest, documents, target, cancellationToken).ConfigureAwait(false));
            }
        }

        return entries;
    }

    private static async Task<LayoutEntry> ReferAsync(
        string subjectType,
        BlobRef subject,
        IReadOnlyList<Referrers.Document> documents,
        FolderBlobStore target,
        CancellationToken cancellationToken)
    {
        await target.AddAsync(Referrers.EmptyConfig, cancellationToken).ConfigureAwait(false);
        var referrers = new List<(BlobRef, string)>();
        foreach (var document in documents)
        {
            referrers.Add(
                (
                    await target.AddAsync(Referrers.Manifest(document, subjectType, subject), cancellationToken).ConfigureAwait(false),
                    document.Kind));
        }

        var index = await target.AddAsync(Referrers.Index(referrers), cancellationToken).ConfigureAwait(false);
        return new(Referrers.Tag(subject.Digest), MediaTypes.Index, index, new Dictionary<string, string>());
    }
}
