using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Adapt;

/// <summary>Brings a packaged variant back into a folder: the very bytes that devices run.</summary>
internal static class PackagedFiles
{
    internal static async Task LoadAsync(IBlobSource store, IReadOnlyList<PackageFile> files, string folder, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            var path = WorkFolder.PathOf(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
            await using (var source = await store.OpenReadAsync(file.Digest, cancellationToken).ConfigureAwait(false))
            {
                await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }

            target.Position = 0;
            var digest = await Digest.OfAsync(target, cancellationToken).ConfigureAwait(false);
            if (digest != file.Digest)
            {
                throw new InvalidDataException($"The packaged file {file.Path} ({file.Digest}) came back as {digest}.");
            }
        }
    }
}
