using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Storage;

/// <summary>Moves folders of files in and out of the content-addressed artifacts container.</summary>
internal sealed class ArtifactBlobs(BlobServiceClient blobs, BlobLinks links)
{
    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Containers.Artifacts);
    private readonly ContainerBlobStore _store = new(blobs.GetBlobContainerClient(Containers.Artifacts));

    /// <summary>Takes a model that is built, without the disk.</summary>
    internal BlockBlobSink Sink() => new(_container, links);

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
