using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Storage;

/// <summary>Moves folders of files in and out of the content-addressed artifacts container.</summary>
internal sealed class ArtifactBlobs(BlobServiceClient blobs, BlobLinks links)
{
    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Containers.Artifacts);
    private readonly ContainerBlobStore _store = new(blobs.GetBlobContainerClient(Containers.Artifacts));
    private readonly ServerCopy _copy = new(blobs.GetBlobContainerClient(Containers.Artifacts), links);

    /// <summary>Takes a model that is built, without the disk.</summary>
    internal BlockBlobSink Sink() => new(_container, links);

    /// <summary>A file where it lies.</summary>
    /// <exception cref="BlobChangedException">When it is not there.</exception>
    internal Task<PinnedBlob> FindAsync(StoredFile file, CancellationToken cancellationToken) =>
        PinnedBlob.FindAsync(_container.GetBlobClient(ContainerBlobStore.NameOf(file.Digest)), cancellationToken);

    /// <summary>Files where they lie, to be read by ranges.</summary>
    /// <exception cref="BlobChangedException">When one is not there.</exception>
    internal async Task<BlobSource> OpenAsync(IEnumerable<StoredFile> files, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, PinnedBlob>();
        foreach (var file in files)
        {
            found.Add(file.Path, await FindAsync(file, cancellationToken).ConfigureAwait(false));
        }

        return new(found, cancellationToken);
    }

    /// <summary>Takes over a blob whose digest is known, without reading it.</summary>
    /// <exception cref="BlobChangedException">When it was overwritten or deleted since then.</exception>
    internal Task CopyAsync(PinnedBlob from, Digest digest, CancellationToken cancellationToken) =>
        _copy.CopyAsync(from, digest, cancellationToken);

    /// <summary>Uploads every file of a folder and says what it holds, ordered by path.</summary>
    internal async Task<IReadOnlyList<StoredFile>> SaveAsync(string folder, CancellationToken cancellationToken)
    {
        var saved = new List<StoredFile>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var file = File.OpenRead(path);
            var digest = await Digest.OfAsync(file, cancellationToken).ConfigureAwait(false);
            file.Position = 0;
            await _store.WriteAsync(digest, file.Length, file, cancellationToken).ConfigureAwait(false);
            saved.Add(new(Path.GetRelativePath(folder, path).Replace('\\', '/'), digest, file.Length));
        }

        return saved;
    }

    /// <summary>Downloads files to their paths below a folder and checks each digest.</summary>
    internal Task LoadAsync(IEnumerable<StoredFile> files, string folder, CancellationToken cancellationToken) =>
        LoadAsync(files, folder, done: null, cancellationToken);

    /// <summary>The same, and says how far it is.</summary>
    internal Task LoadAsync(
        IEnumerable<StoredFile> files, string folder, IProgress<long>? done, CancellationToken cancellationToken) =>
        BlobFolder.LoadAsync(_store, files.Select(file => (file.Path, file.Digest)), folder, done, cancellationToken);
}
