using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Deltas;

/// <summary>Makes deltas when a release is published.</summary>
public static class DeltaPackager
{
    /// <summary>A delta is published when it is smaller than this share of the file.</summary>
    public const double WorthwhileShare = 0.9;

    /// <summary>As the other, with the system's temporary folder.</summary>
    /// <param name="from">Manifest of the variant that devices hold.</param>
    /// <param name="to">Manifest of the variant that they shall hold.</param>
    /// <param name="store">Holds both variants in seekable blobs; takes the delta.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static Task<DeltaOffer?> WriteAsync(Digest from, Digest to, IBlobStore store, CancellationToken cancellationToken) =>
        WriteAsync(from, to, store, Path.GetTempPath(), cancellationToken);

    /// <summary>Writes the delta between two variants, or nothing when no file is worth one.</summary>
    /// <param name="from">Manifest of the variant that devices hold.</param>
    /// <param name="to">Manifest of the variant that they shall hold.</param>
    /// <param name="store">Holds both variants in seekable blobs; takes the delta.</param>
    /// <param name="temporaryFolder">Holds the delta of one file while it is made.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static async Task<DeltaOffer?> WriteAsync(
        Digest from, Digest to, IBlobStore store, string temporaryFolder, CancellationToken cancellationToken)
    {
        var old = await ReadAsync(from).ConfigureAwait(false);
        var wanted = await ReadAsync(to).ConfigureAwait(false);
        var held = old.Files.Select(file => file.Digest).ToHashSet();
        var changed = wanted.Files.Where(file => file.Size > 0 && !held.Contains(file.Digest)).DistinctBy(file => file.Digest).ToList();
        if (changed.Count == 0)
        {
            return null;
        }

        var layers = new List<DeltaLayer>();
        var tensors = await Tensors.OfAsync(wanted, store, cancellationToken).ConfigureAwait(false);
        var basis = await DeltaBase.ReadAsync(old, store, cancellationToken).ConfigureAwait(false);
        await using (basis.ConfigureAwait(false))
        {
            using var encoder = new DeltaEncoder(basis);
            foreach (var file in changed)
            {
                if (await EncodeAsync(encoder, file, tensors, store, temporaryFolder, cancellationToken).ConfigureAwait(false) is { } delta)
                {
                    layers.Add(new(new(file.Digest, file.Size), delta));
                }
            }
        }

        if (layers.Count == 0)
        {
            return null;
        }

        await store.AddAsync(Referrers.EmptyConfig, cancellationToken).ConfigureAwait(false);
        var manifest = await store.AddAsync(new DeltaManifest(from, to, layers).Write(), cancellationToken).ConfigureAwait(false);
        return new(from, to, manifest);

        async Task<VariantManifest> ReadAsync(Digest digest) => ReleaseReader.ReadManifest(
            await store.ReadAsync(digest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<BlobRef?> EncodeAsync(
        DeltaEncoder encoder, PackageFile file, IReadOnlyList<TensorSpan> tensors, IBlobStore store, string temporaryFolder,
        CancellationToken cancellationToken)
    {
        var path = Path.Combine(temporaryFolder, $"slmops-{Guid.NewGuid():N}.delta");
        var output = new FileStream(
            path,
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            64 << 10,
            FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using (output.ConfigureAwait(false))
        {
            var content = await store.OpenReadAsync(file.Digest, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                var most = (long)(file.Size * WorthwhileShare);
                if (
                    !await encoder
                        .WriteAsync(content, FileSegments.Cut(file, tensors), output, most, cancellationToken)
                        .ConfigureAwait(false))
                {
                    return null;
                }
            }

            output.Position = 0;
            return await store.AddAsync(output, cancellationToken).ConfigureAwait(false);
        }
    }
}
