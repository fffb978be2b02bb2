using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Collection;

/// <summary>Finds everything that kept releases need.</summary>
public static class ReachableBlobs
{
    /// <summary>Reads the documents of releases and deltas. A document that cannot be read is a fault: better no collection than a wrong one.</summary>
    /// <param name="releases">Releases that must stay.</param>
    /// <param name="deltas">Deltas to their variants; one whose target is gone is left out.</param>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static async Task<IReadOnlySet<Digest>> FindAsync(
        IEnumerable<ReleaseRef> releases, IEnumerable<DeltaOffer> deltas, IBlobSource store, CancellationToken cancellationToken)
    {
        var kept = new HashSet<Digest>();
        var variants = new HashSet<Digest>();
        foreach (var release in releases)
        {
            var contents = await ReleaseContents.ReadAsync(release, store, cancellationToken).ConfigureAwait(false);
            kept.UnionWith(contents.Blobs.Select(blob => blob.Digest));
            variants.UnionWith(contents.Index.Variants.Select(variant => variant.Manifest));
        }

        foreach (var delta in deltas.Where(delta => variants.Contains(delta.To)))
        {
            var manifest = DeltaManifest.Read(
                await store.ReadAsync(delta.Delta.Digest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false));
            kept.Add(delta.Delta.Digest);
            kept.Add(Digest.Of(Referrers.EmptyConfig));
            kept.UnionWith(manifest.Layers.Select(layer => layer.Delta.Digest));
        }

        return kept;
    }

    /// <summary>What the adaptations of channels need: their envelopes, adapters and patches.</summary>
    /// <param name="overlays">Adaptations of every channel document that a device may still follow.</param>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static async Task<IReadOnlySet<Digest>> FindAsync(
        IEnumerable<ChannelOverlay> overlays, IBlobSource store, CancellationToken cancellationToken)
    {
        var kept = new HashSet<Digest>();
        foreach (var one in overlays.SelectMany(overlay => overlay.Compositions))
        {
            var envelope = await store.ReadAsync(one.Envelope, Composition.MaxEnvelopeBytes, cancellationToken).ConfigureAwait(false);
            var payload = Dsse.PayloadOf(StrictJson.Parse(envelope, Composition.MaxEnvelopeBytes, "composition"));
            kept.Add(one.Envelope);
            kept.UnionWith(Composition.Read(payload).Layers.Select(layer => layer switch
            {
                CompositionLayer.Adapter adapter => adapter.Blob.Digest,
                CompositionLayer.Config config => config.Blob.Digest,
                _ => one.Envelope,
            }));
        }

        return kept;
    }
}
