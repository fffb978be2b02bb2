using SlmOps.Packaging.Format;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Manifests;

/// <summary>Writes the OCI index of a release.</summary>
internal static class IndexWriter
{
    /// <remarks>
    /// No <c>artifactType</c> in the index or its descriptors: skopeo before 1.16 drops it when it copies an index,
    /// and the digest changes.
    /// </remarks>
    internal static byte[] Write(ReleaseIndex release)
    {
        PackageText.Require(release.Model);
        PackageText.Require(release.Version);
        if (release.Variants.Count is 0 or > Limits.Variants)
        {
            throw new ArgumentException(
                $"A release has 1 to {Limits.Variants} variants, this one has {release.Variants.Count}.",
                nameof(release));
        }

        if (release.Variants.DistinctBy(variant => variant.Name).Count() != release.Variants.Count)
        {
            throw new ArgumentException("Two variants of the release have the same name.", nameof(release));
        }

        foreach (var variant in release.Variants)
        {
            PackageText.RequireName(variant.Name, "variant name");
            PackageText.Require(variant.Recipe, "recipe");
            OfferAnnotations.Check(variant.Needs, variant.Figures);
            OfferAnnotations.CheckLab(variant);
        }

        return CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaTypes.Index);
            json.WriteStartArray("manifests");
            foreach (var variant in release.Variants.OrderBy(variant => variant.Name, StringComparer.Ordinal))
            {
                ManifestWriter.Descriptor(
                    json, MediaTypes.Manifest, new(variant.Manifest, variant.ManifestSize), OfferAnnotations.Write(variant));
            }

            json.WriteEndArray();
            CanonicalJson.Annotations(json, new Dictionary<string, string>
            {
                [Annotations.Model] = release.Model,
                [Annotations.Version] = release.Version,
                [Annotations.Created] = CanonicalJson.Time(release.CreatedAt),
            });
            json.WriteEndObject();
        });
    }
}
