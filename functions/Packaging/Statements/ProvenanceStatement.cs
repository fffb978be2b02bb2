using System.Text.Json;
using SlmOps.Contracts;

namespace SlmOps.Packaging;

/// <summary>in-toto statement with SLSA v1 provenance over the index of a release.</summary>
internal static class ProvenanceStatement
{
    internal const string PredicateType = "https://slsa.dev/provenance/v1";
    private const string BuildType = "https://slmops.dev/package/v1";
    private const string Builder = "https://slmops.dev/pipeline/v1";

    internal static byte[] Write(string model, string version, Digest index, IReadOnlyList<VariantManifest> variants) => CanonicalJson.Write(json =>
    {
        InTotoStatement.WriteHead(json, $"{model}:{version}", index, PredicateType);
        json.WriteStartObject("predicate");
        json.WriteStartObject("buildDefinition");
        json.WriteString("buildType", BuildType);
        json.WriteStartObject("externalParameters");
        json.WriteStartObject("recipes");
        foreach (var variant in variants)
        {
            json.WriteString(variant.Variant, variant.Recipe);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("resolvedDependencies");
        foreach (var source in variants.Select(variant => variant.Source.Hex).Distinct().Order(StringComparer.Ordinal))
        {
            WriteSource(json, model, version, source);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("runDetails");
        json.WriteStartObject("builder");
        json.WriteString("id", Builder);
        json.WriteEndObject();
        json.WriteStartObject("metadata");
        json.WriteString("invocationId", $"{model}/{version}");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static void WriteSource(Utf8JsonWriter json, string model, string version, string source)
    {
        json.WriteStartObject();
        json.WriteString("uri", $"blob://models/{model}/{version}");
        json.WriteStartObject("digest");
        json.WriteString("sha256", source);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
