using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Manifests;

/// <summary>
/// Referrer manifests: how an OCI client finds signatures and bills of materials of an index or manifest. Registries
/// without the referrers API find them by the tag <c>sha256-&lt;hex&gt;</c>, an index of the referrers.
/// </summary>
internal static class Referrers
{
    internal const string Prefix = "sha256-";
    internal static readonly byte[] EmptyConfig = "{}"u8.ToArray();

    /// <summary>A document that refers to a subject.</summary>
    /// <param name="MediaType">What it is.</param>
    /// <param name="Blob">Where it is.</param>
    /// <param name="Kind">What it says, as an annotation.</param>
    internal sealed record Document(string MediaType, BlobRef Blob, string Kind);

    internal static byte[] Manifest(Document document, string subjectType, BlobRef subject) => CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.Manifest);
        json.WriteString("artifactType", document.MediaType);
        json.WritePropertyName("config");
        ManifestWriter.Descriptor(json, MediaTypes.Empty, new(Digest.Of(EmptyConfig), EmptyConfig.Length), []);
        json.WriteStartArray("layers");
        ManifestWriter.Descriptor(json, document.MediaType, document.Blob, []);
        json.WriteEndArray();
        json.WritePropertyName("subject");
        ManifestWriter.Descriptor(json, subjectType, subject, []);
        CanonicalJson.Annotations(json, new Dictionary<string, string> { [Annotations.Attestation] = document.Kind });
        json.WriteEndObject();
    });

    internal static byte[] Index(IEnumerable<(BlobRef Manifest, string Kind)> referrers) => CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.Index);
        json.WriteStartArray("manifests");
        foreach (var (manifest, kind) in referrers)
        {
            ManifestWriter.Descriptor(json, MediaTypes.Manifest, manifest, new() { [Annotations.Attestation] = kind });
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    internal static string Tag(Digest subject) => Prefix + subject.Hex;
}
