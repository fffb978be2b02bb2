using System.Text.Json;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Manifests;

/// <summary>Writes the ModelPack config and manifest of a variant, byte for byte the same for the same input.</summary>
internal static class ManifestWriter
{
    /// <summary>The config of a variant or an adapter; its schema is closed, so everything of ours is in annotations.</summary>
    internal static byte[] Config(VariantDescription variant, IReadOnlyList<PackageFile> files) => CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("descriptor");
        json.WriteString("createdAt", CanonicalJson.Time(variant.CreatedAt));
        Optional(json, "family", variant.Family);
        json.WriteString("name", variant.Model);
        json.WriteString("version", variant.Version);
        json.WriteString("revision", variant.Source.Hex);
        Texts(json, "licenses", variant.Licenses);
        json.WriteEndObject();

        json.WriteStartObject("config");
        Optional(json, "architecture", variant.Architecture);
        json.WriteString("format", "onnx");
        Optional(json, "paramSize", variant.ParameterSize);
        Optional(json, "precision", variant.Precision);
        Optional(json, "quantization", variant.Quantization);
        json.WriteEndObject();

        json.WriteStartObject("modelfs");
        json.WriteString("type", "layers");
        // A raw layer is its own content, so its diffId is its digest.
        Texts(json, "diffIds", [.. files.Select(file => file.Digest.ToString())]);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    internal static byte[] Manifest(VariantDescription variant, BlobRef config, IReadOnlyList<PackageFile> files) =>
        Manifest(config, files, new()
        {
            [Annotations.Model] = variant.Model,
            [Annotations.Variant] = variant.Variant,
            [Annotations.Recipe] = variant.Recipe,
            [Annotations.Source] = variant.Source.ToString(),
            [Annotations.Version] = variant.Version,
        });

    internal static byte[] Manifest(BlobRef config, IReadOnlyList<PackageFile> files, Dictionary<string, string> annotations) =>
        CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.Manifest);
        json.WriteString("artifactType", MediaTypes.Model);
        json.WritePropertyName("config");
        Descriptor(json, MediaTypes.ModelConfig, config, []);
        json.WriteStartArray("layers");
        foreach (var file in files)
        {
            Descriptor(json, MediaTypes.OfFile(file.Path), new(file.Digest, file.Size), new()
            {
                [Annotations.MediaTypeUntested] = "false",
                [Annotations.FilePath] = file.Path,
                [Annotations.Title] = file.Path,
            });
        }

        json.WriteEndArray();
        CanonicalJson.Annotations(json, annotations);
        json.WriteEndObject();
    });

    internal static void Descriptor(Utf8JsonWriter json, string mediaType, BlobRef blob, Dictionary<string, string> annotations)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", mediaType);
        json.WriteString("digest", blob.Digest.ToString());
        json.WriteNumber("size", blob.Size);
        CanonicalJson.Annotations(json, annotations);
        json.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
