using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging.Collection;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Collect;

/// <summary>Finds what the adaptations of channels need: what devices fetch, and the signed artifacts it came from.</summary>
internal sealed class AdaptationBlobs(BlobServiceClient blobs, RunStore runs)
{
    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Containers.Packages));

    internal async Task<IReadOnlySet<Digest>> FindAsync(IReadOnlyCollection<ChannelOverlay> overlays, CancellationToken cancellationToken)
    {
        var kept = new HashSet<Digest>(await ReachableBlobs.FindAsync(overlays, _packages, cancellationToken).ConfigureAwait(false));
        foreach (var overlay in overlays)
        {
            var adapted = await runs.FindAsync<AdaptResult>(new(overlay.Name, overlay.Version), AdaptResult.Row, cancellationToken)
                .ConfigureAwait(false);
            foreach (var variant in (adapted?.Value.Variants ?? []).Where(variant => !variant.Artifact.IsEmpty))
            {
                var manifest = ReleaseReader.ReadManifest(
                    await _packages.ReadAsync(variant.Artifact, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false));
                kept.Add(variant.Artifact);
                kept.Add(manifest.Config.Digest);
                kept.UnionWith(manifest.Files.Select(file => file.Digest));
                kept.UnionWith(variant.Attestations.Select(attestation => attestation.Blob.Digest));
            }
        }

        return kept;
    }
}
