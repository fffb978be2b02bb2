using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Deltas;

/// <summary>One file of a delta.</summary>
/// <param name="Target">The blob it makes.</param>
/// <param name="Delta">The blob of frames.</param>
public sealed record DeltaLayer(BlobRef Target, BlobRef Delta);

/// <summary>
/// How to make a variant from another. It is trusted because signed metadata names its digest; and what it makes is
/// checked against the signed manifest anyway.
/// </summary>
/// <param name="From">Manifest of the variant to start from.</param>
/// <param name="To">Manifest of the variant it makes.</param>
/// <param name="Layers">The files worth a delta; every other changed file is fetched whole.</param>
public sealed record DeltaManifest(Digest From, Digest To, IReadOnlyList<DeltaLayer> Layers)
{
    /// <summary>Reads a delta manifest.</summary>
    /// <exception cref="PackageFormatException">When it is not one.</exception>
    public static DeltaManifest Read(ReadOnlySpan<byte> utf8)
    {
        var root = StrictJson.Parse(utf8, Limits.ManifestBytes, "delta manifest");
        root.Only("schemaVersion", "mediaType", "artifactType", "config", "layers", "annotations");
        root.Number("schemaVersion", 2, 2);
        root.Is("mediaType", MediaTypes.Manifest);
        root.Is("artifactType", MediaTypes.Delta);
        var annotations = root.Child("annotations");
        annotations.Only(Annotations.DeltaFrom, Annotations.DeltaTo);
        var layers = root.Children("layers", Limits.Files).Select(ReadLayer).ToList();
        return layers.DistinctBy(layer => layer.Target.Digest).Count() == layers.Count
            ? new(annotations.Digest(Annotations.DeltaFrom), annotations.Digest(Annotations.DeltaTo), layers)
            : throw root.Refuse("duplicate-target", "makes one file twice.");
    }

    internal byte[] Write() => CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.Manifest);
        json.WriteString("artifactType", MediaTypes.Delta);
        json.WritePropertyName("config");
        ManifestWriter.Descriptor(json, MediaTypes.Empty, new(Digest.Of(Referrers.EmptyConfig), Referrers.EmptyConfig.Length), []);
        json.WriteStartArray("layers");
        foreach (var layer in Layers)
        {
            ManifestWriter.Descriptor(json, MediaTypes.DeltaLayer, layer.Delta, new()
            {
                [Annotations.DeltaDigest] = layer.Target.Digest.ToString(),
                [Annotations.DeltaSize] = layer.Target.Size.ToString(CultureInfo.InvariantCulture),
            });
        }

        json.WriteEndArray();
        CanonicalJson.Annotations(json, new Dictionary<string, string>
        {
            [Annotations.DeltaFrom] = From.ToString(),
            [Annotations.DeltaTo] = To.ToString(),
        });
        json.WriteEndObject();
    });

    private static DeltaLayer ReadLayer(StrictJson layer)
    {
        layer.Only("mediaType", "digest", "size", "annotations");
        layer.Is("mediaType", MediaTypes.DeltaLayer);
        var annotations = layer.Child("annotations");
        annotations.Only(Annotations.DeltaDigest, Annotations.DeltaSize);
        return
            long.TryParse(annotations.Text(Annotations.DeltaSize), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            && size <= Limits.FileBytes
            ? new(
                new(annotations.Digest(Annotations.DeltaDigest), size),
                new(layer.Digest("digest"), layer.Number("size", 1, Limits.FileBytes)))
            : throw layer.Refuse("out-of-range", "makes a file whose size is not a whole number in bounds.");
    }
}
