using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Layout;

/// <summary>
/// The names that a release has in a layout, and the documents that they need: the release itself, each variant, and for each of
/// them what refers to it. It follows from the release alone, so that a reader can tell these names from others.
/// </summary>
/// <param name="Entries">For <c>index.json</c>.</param>
/// <param name="Documents">Blobs beside those of the release.</param>
internal sealed record LayoutNames(IReadOnlyList<LayoutEntry> Entries, IReadOnlyList<byte[]> Documents)
{
    internal static LayoutNames Of(ReleaseContents contents)
    {
        var release = LayoutIndex.Of(contents.Release);
        var bundle = contents.Blobs.First(blob => blob.Digest == contents.Release.Signature);
        var documents = new List<byte[]> { Referrers.EmptyConfig };
        var entries = new List<LayoutEntry> { release };
        entries.Add(Refer(MediaTypes.Index, release.Blob, [new(MediaTypes.SigstoreBundle, bundle, "provenance")], documents));
        foreach (var offer in contents.Index.Variants)
        {
            var manifest = new BlobRef(offer.Manifest, offer.ManifestSize);
            entries.Add(new(VariantName(release, offer), MediaTypes.Manifest, manifest, new Dictionary<string, string>()));
            Referrers.Document[] attestations =
            [
                .. contents.Attestations.Where(one => one.Variant == offer.Name)
                    .Select(one => new Referrers.Document(one.MediaType, one.Blob, one.KindName)),
            ];
            if (attestations.Length > 0)
            {
                entries.Add(Refer(MediaTypes.Manifest, manifest, attestations, documents));
            }
        }

        return new(entries, documents);
    }

    private static string VariantName(LayoutEntry release, VariantOffer offer) => $"{release.Name}-{offer.Name}";

    private static LayoutEntry Refer(
        string subjectType, BlobRef subject, IReadOnlyList<Referrers.Document> attestations, List<byte[]> documents)
    {
        var referrers = attestations
            .Select(document => (Bytes: Referrers.Manifest(document, subjectType, subject), document.Kind))
            .ToList();
        var index = Referrers.Index(referrers.Select(referrer => (BlobOf(referrer.Bytes), referrer.Kind)));
        documents.AddRange([.. referrers.Select(referrer => referrer.Bytes), index]);
        return new(Referrers.Tag(subject.Digest), MediaTypes.Index, BlobOf(index), new Dictionary<string, string>());
    }

    private static BlobRef BlobOf(byte[] document) => new(Digest.Of(document), document.Length);
}
