using SlmOps.Contracts;
using SlmOps.Packaging.Storage;

namespace SlmOps.Pipeline.Storage;

/// <summary>Brings blobs into a folder: the very bytes that their digests name, or a fault.</summary>
internal static class BlobFolder
{
    /// <exception cref="InvalidDataException">A blob came back as something else, or its path leaves the folder.</exception>
    internal static Task LoadAsync(
        IBlobSource store, IEnumerable<(string Path, Digest Digest)> files, string folder, CancellationToken cancellationToken) =>
        LoadAsync(store, files, folder, done: null, cancellationToken);

    /// <summary>The same, and says how many bytes are done.</summary>
    internal static async Task LoadAsync(
        IBlobSource store, IEnumerable<(string Path, Digest Digest)> files, string folder, IProgress<long>? done,
        CancellationToken cancellationToken)
    {
        foreach (var (relative, expected) in files)
        {
            var path = WorkFolder.PathOf(folder, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var target = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
            var stored = await store.OpenReadAsync(expected, cancellationToken).ConfigureAwait(false);
            using (var source = done is null ? stored : new MeteredStream(stored, done))
            {
                await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }

            target.Position = 0;
            var digest = await Digest.OfAsync(target, cancellationToken).ConfigureAwait(false);
            if (digest != expected)
            {
                throw new InvalidDataException($"The blob {expected} ({relative}) came back as {digest}.");
            }
        }
    }
}
