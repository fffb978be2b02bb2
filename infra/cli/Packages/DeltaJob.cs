using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Packages;

/// <summary>
/// Makes the deltas between two layouts in a folder: reads both, through copies where a layout is not on this disk, and
/// writes to the folder alone.
/// </summary>
internal sealed class DeltaJob(Layouts old, Layouts wanted, string folder) : IBlobStore
{
    private readonly FolderBlobStore _made = new(folder) { IsDurable = false };

    private readonly Dictionary<Digest, long> _sizes = [];

    /// <summary>The delta between two variants, or null when no file is worth one.</summary>
    internal async Task<DeltaOffer?> MakeAsync(Digest from, Digest to, CancellationToken cancellationToken)
    {
        foreach (var digest in new[] { from, to })
        {
            foreach (var file in (await ManifestAsync(digest, cancellationToken)).Files)
            {
                _sizes[file.Digest] = file.Size;
            }
        }

        return await DeltaPackager.WriteAsync(from, to, this, folder, cancellationToken);
    }

    internal async Task<VariantManifest> ManifestAsync(Digest digest, CancellationToken cancellationToken) =>
        ReleaseReader.ReadManifest(await this.ReadAsync(digest, Limits.ManifestBytes, cancellationToken));

    public Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken) => _made.ExistsAsync(digest, cancellationToken);

    public async Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        foreach (var source in new[] { _made, wanted.Blobs, old.Blobs })
        {
            try
            {
                return await SeekableAsync(source, digest, cancellationToken);
            }
            catch (FileNotFoundException)
            {
                // In the next one.
            }
        }

        throw new FileNotFoundException($"Neither layout holds {digest}.");
    }

    public Task WriteAsync(Digest digest, long size, Stream content, CancellationToken cancellationToken) =>
        _made.WriteAsync(digest, size, content, cancellationToken);

    private async Task<Stream> SeekableAsync(IBlobSource source, Digest digest, CancellationToken cancellationToken)
    {
        if (source is FolderBlobStore)
        {
            return await source.OpenReadAsync(digest, cancellationToken);
        }

        // No server makes this disk fuller than the manifests say.
        if (_sizes.TryGetValue(digest, out var size))
        {
            var stream = await source.OpenReadAsync(digest, cancellationToken);
            await using (stream)
            {
                await _made.WriteAsync(digest, size, stream, cancellationToken);
            }
        }
        else
        {
            await _made
                .AddAsync(await source.ReadAsync(digest, Limits.ManifestBytes, cancellationToken), cancellationToken);
        }

        return await _made.OpenReadAsync(digest, cancellationToken);
    }
}
