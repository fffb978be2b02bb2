using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;

namespace SlmOps.Packaging.Statements;

/// <summary>in-toto statement with SLSA v1 provenance over the index of a release.</summary>
internal static class ProvenanceStatement
{
    internal const string PredicateType = "https://slsa.dev/provenance/v1";
    private static readonly AttestationKind[] Kinds = Enum.GetValues<AttestationKind>();
    private const string BuildType = "https://slmops.dev/package/v1";
    private const string Builder = "https://slmops.dev/pipeline/v1";

    internal static byte[] Write(
        ModelName model,
        ModelVersion version,
        Digest index,
        IReadOnlyList<VariantManifest> variants,
        IReadOnlyList<Attestation> attestations) =>
        CanonicalJson.Write(json =>
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
        // What was made beside the release: this is how a reader finds a variant's attestations, and knows them all.
        json.WriteStartArray("byproducts");
        foreach (var attestation in attestations.OrderBy(one => one.Variant, StringComparer.Ordinal).ThenBy(one => one.Kind))
        {
            WriteByproduct(json, attestation);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static void WriteSource(Utf8JsonWriter json, ModelName model, ModelVersion version, string source)
    {
        json.WriteStartObject();
        json.WriteString("uri", $"blob://models/{model}/{version}");
        json.WriteStartObject("digest");
        json.WriteString("sha256", source);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The attestations that a statement names.</summary>
    internal static IReadOnlyList<Attestation> ReadByproducts(StrictJson statement)
    {
        var details = statement.Child("predicate").Child("runDetails");
        return [.. details.Children("byproducts", Limits.Variants * Kinds.Length).Select(ReadByproduct)];
    }

    private static Attestation ReadByproduct(StrictJson byproduct)
    {
        byproduct.Only("name", "digest", "mediaType", "annotations");
        var digest = byproduct.Child("digest");
        digest.Only("sha256");
        var annotations = byproduct.Child("annotations");
        annotations.Only("kind", "size", "result");
        var kind = annotations.Text("kind");
        var attestation = Kinds
            .Select(value => new Attestation(
                byproduct.Text("name"), value, new(digest.BareDigest("sha256"), annotations.Number("size", 1, Limits.BundleBytes))))
            .FirstOrDefault(candidate => candidate.KindName == kind)
            ?? throw byproduct.Refuse("unknown-attestation", $"is of the unknown kind '{StrictJson.Shown(kind)}'.");
        byproduct.Is("mediaType", attestation.MediaType);
        return attestation with { Result = annotations.TextOrNull("result") };
    }

    private static void WriteByproduct(Utf8JsonWriter json, Attestation attestation)
    {
        json.WriteStartObject();
        json.WriteString("name", attestation.Variant);
        json.WriteStartObject("digest");
        json.WriteString("sha256", attestation.Blob.Digest.Hex);
        json.WriteEndObject();
        json.WriteString("mediaType", attestation.MediaType);
        json.WriteStartObject("annotations");
        json.WriteString("kind", attestation.KindName);
        json.WriteNumber("size", attestation.Blob.Size);
        if (attestation.Result is { } result)
        {
            json.WriteString("result", result);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
