using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Layout;

/// <summary>A delta that a layout names, to a variant that holds.</summary>
internal static class LayoutDelta
{
    /// <summary>
    /// Its manifest and its blobs are whole and make files of that variant. What they make is checked against the signed manifest
    /// by whoever makes it.
    /// </summary>
    internal static async Task<IReadOnlyList<Check>> CheckAsync(
        string name, DeltaOffer delta, KnownNames known, IBlobSource store, CancellationToken cancellationToken)
    {
        known.Blobs.Add(delta.Delta.Digest);
        known.Blobs.Add(Digest.Of(Referrers.EmptyConfig));
        var (bytes, missing) = await DocumentReader
            .TryReadAsync(store, name, delta.Delta.Digest, Limits.ManifestBytes, cancellationToken)
            .ConfigureAwait(false);
        if (missing is not null)
        {
            return [missing];
        }

        if (new BlobRef(Digest.Of(bytes), bytes.Length) != delta.Delta)
        {
            return [new(name, CheckOutcome.Failed, $"Its manifest is {Digest.Of(bytes)}; the layout names {delta.Delta.Digest}.")];
        }

        try
        {
            var manifest = DeltaManifest.Read(bytes);
            if ((manifest.From, manifest.To) != (delta.From, delta.To))
            {
                return [new(name, CheckOutcome.Failed, $"It leads from {manifest.From} to {manifest.To}, not as the layout says.")];
            }

            var checks = new List<Check>();
            foreach (var layer in manifest.Layers)
            {
                known.Blobs.Add(layer.Delta.Digest);
                checks.Add(known.Blobs.Contains(layer.Target.Digest)
                    ? await PackageVerifier.CheckBlobAsync(name, layer.Delta, store, cancellationToken).ConfigureAwait(false)
                    : new(name, CheckOutcome.Failed, $"It makes {layer.Target.Digest}, which no release that holds has."));
            }

            return checks;
        }
        catch (PackageFormatException exception)
        {
            return [new(name, CheckOutcome.Failed, $"{exception.Code}: {exception.Message}")];
        }
    }
}
