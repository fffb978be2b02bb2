using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;

namespace SlmOps.Packaging.Statements;

/// <summary>CycloneDX 1.6 bill of materials of a variant: the model, its card, where it came from, its files.</summary>
internal static class BillOfMaterials
{
    internal static byte[] Write(VariantDescription variant, VariantOffer offer, IReadOnlyList<PackageFile> files) =>
        CanonicalJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("bomFormat", "CycloneDX");
        json.WriteString("specVersion", "1.6");
        json.WriteString("serialNumber", $"urn:uuid:{Identifier(offer.Manifest)}");
        json.WriteNumber("version", 1);
        json.WriteStartObject("metadata");
        json.WriteString("timestamp", CanonicalJson.Time(variant.CreatedAt));
        json.WritePropertyName("component");
        Model(json, variant, offer);
        json.WriteEndObject();
        json.WriteStartArray("components");
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("type", "file");
            json.WriteString("name", file.Path);
            Hash(json, file.Digest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Model(Utf8JsonWriter json, VariantDescription variant, VariantOffer offer)
    {
        json.WriteStartObject();
        json.WriteString("type", "machine-learning-model");
        json.WriteString("bom-ref", offer.Manifest.ToString());
        json.WriteString("name", $"{variant.Model}-{variant.Variant}");
        json.WriteString("version", variant.Version);
        Hash(json, offer.Manifest);
        if (variant.Licenses.Count > 0)
        {
            json.WriteStartArray("licenses");
            foreach (var license in variant.Licenses)
            {
                json.WriteStartObject();
                json.WriteStartObject("license");
                // By name: the id form is only for SPDX ids of one list version, and a source may name others.
                json.WriteString("name", license);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Pedigree(json, variant);
        Card(json, variant, offer);
        json.WriteEndObject();
    }

    private static void Pedigree(Utf8JsonWriter json, VariantDescription variant)
    {
        json.WriteStartObject("pedigree");
        json.WriteStartArray("ancestors");
        json.WriteStartObject();
        json.WriteString("type", "machine-learning-model");
        json.WriteString("name", variant.Model);
        json.WriteString("version", variant.Version);
        Hash(json, variant.Source);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("notes", $"Quantized with the recipe {variant.Recipe}.");
        json.WriteEndObject();
    }

    private static void Card(Utf8JsonWriter json, VariantDescription variant, VariantOffer offer)
    {
        json.WriteStartObject("modelCard");
        if (variant.Family is not null || variant.Architecture is not null)
        {
            json.WriteStartObject("modelParameters");
            if (variant.Family is { } family)
            {
                json.WriteString("architectureFamily", family);
            }

            if (variant.Architecture is { } architecture)
            {
                json.WriteString("modelArchitecture", architecture);
            }

            json.WriteEndObject();
        }

        json.WriteStartObject("quantitativeAnalysis");
        json.WriteStartArray("performanceMetrics");
        foreach (var (name, value) in OfferAnnotations.Figures(offer.Figures))
        {
            json.WriteStartObject();
            json.WriteString("type", name);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Hash(Utf8JsonWriter json, Digest digest)
    {
        json.WriteStartArray("hashes");
        json.WriteStartObject();
        json.WriteString("alg", "SHA-256");
        json.WriteString("content", digest.Hex);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>A UUID of version 8 (RFC 9562) made of the manifest's digest, so that the document is reproducible.</summary>
    private static string Identifier(Digest digest)
    {
        var hex = digest.Hex[..32].ToCharArray();
        hex[12] = '8';
        hex[16] = "89ab"[Convert.ToInt32(hex[16].ToString(), 16) & 3];
        return Guid.ParseExact(new string(hex), "N").ToString("D");
    }
}
