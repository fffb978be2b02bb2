using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Layout;

/// <summary>An entry of a layout's <c>index.json</c>.</summary>
/// <param name="Name">Reference name, unique in the layout.</param>
/// <param name="MediaType">What the blob is.</param>
/// <param name="Blob">The blob.</param>
/// <param name="Annotations">Further annotations.</param>
internal sealed record LayoutEntry(string Name, string MediaType, BlobRef Blob, IReadOnlyDictionary<string, string> Annotations);

/// <summary>
/// The <c>index.json</c> of an OCI image-layout: names for blobs. It is not signed; a name that lies leads to a
/// release that does not verify.
/// </summary>
internal static class LayoutIndex
{
    internal const string FileName = "index.json";
    private const int MaxEntries = 4096;
    private const int MaxAnnotations = 64;

    internal static byte[] Write(IEnumerable<LayoutEntry> entries) => CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.Index);
        json.WriteStartArray("manifests");
        foreach (var entry in entries.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            ManifestWriter.Descriptor(
                json, entry.MediaType, entry.Blob, new(entry.Annotations) { [Annotations.RefName] = entry.Name });
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    internal static IReadOnlyList<LayoutEntry> Read(ReadOnlySpan<byte> utf8)
    {
        var root = StrictJson.Parse(utf8, Limits.IndexBytes, FileName);
        root.Only("schemaVersion", "mediaType", "manifests");
        root.Number("schemaVersion", 2, 2);
        var entries = new List<LayoutEntry>();
        foreach (var entry in root.Children("manifests", MaxEntries))
        {
            var annotations = entry.Map("annotations", MaxAnnotations);
            entries.Add(annotations.TryGetValue(Annotations.RefName, out var name)
                ? new(name, entry.Text("mediaType"), new(entry.Digest("digest"), entry.Number("size", 1, Limits.FileBytes)), annotations)
                : throw entry.Refuse("missing-property", "has no reference name."));
        }

        return entries;
    }

    /// <summary>The entry under which a release is found again.</summary>
    internal static LayoutEntry Of(ReleaseRef release) => new(
        $"{release.Model}-{release.Version}",
        MediaTypes.Index,
        new(release.Digest, release.Size),
        new Dictionary<string, string>
        {
            [Annotations.Model] = release.Model,
            [Annotations.Version] = release.Version,
            [Annotations.Signature] = release.Signature.ToString(),
        });

    /// <summary>The entry under which a delta is found again.</summary>
    internal static LayoutEntry Of(DeltaOffer delta) => new(
        $"delta-{delta.From.Hex[..16]}-{delta.To.Hex[..16]}",
        MediaTypes.Manifest,
        delta.Delta,
        new Dictionary<string, string>
        {
            [Annotations.DeltaFrom] = delta.From.ToString(),
            [Annotations.DeltaTo] = delta.To.ToString(),
        });

    internal static DeltaOffer? AsDelta(LayoutEntry entry) =>
        entry.MediaType == MediaTypes.Manifest
        && entry.Annotations.TryGetValue(Annotations.DeltaFrom, out var old) && Digest.TryParse(old, out var from)
        && entry.Annotations.TryGetValue(Annotations.DeltaTo, out var wanted) && Digest.TryParse(wanted, out var to)
            ? new(from, to, entry.Blob)
            : null;

    internal static ReleaseRef? AsRelease(LayoutEntry entry) =>
        entry.MediaType == MediaTypes.Index
        && entry.Annotations.TryGetValue(Annotations.Model, out var name) && ModelName.TryParse(name, out var model)
        && entry.Annotations.TryGetValue(Annotations.Version, out var number) && ModelVersion.TryParse(number, out var version)
        && entry.Annotations.TryGetValue(Annotations.Signature, out var text) && Digest.TryParse(text, out var signature)
            ? new(model, version, entry.Blob.Digest, entry.Blob.Size, signature)
            : null;
}
