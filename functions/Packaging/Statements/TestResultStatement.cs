using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;

namespace SlmOps.Packaging.Statements;

/// <summary>in-toto test-result v0.1 over a variant's manifest. <c>figures</c> and <c>reason</c> are ours; readers ignore what they do not know.</summary>
internal static class TestResultStatement
{
    internal const string PredicateType = "https://in-toto.io/attestation/test-result/v0.1";

    internal static byte[] Write(
        ModelName model, ModelVersion version, VariantOffer offer, ValidationOutcome outcome) => CanonicalJson.Write(json =>
    {
        InTotoStatement.WriteHead(json, $"{model}:{version}-{offer.Name}", offer.Manifest, PredicateType);
        json.WriteStartObject("predicate");
        json.WriteString("result", outcome.Accepted ? "PASSED" : "FAILED");
        json.WriteStartArray("configuration");
        json.WriteStartObject();
        json.WriteString("name", "evaluation");
        json.WriteStartObject("digest");
        json.WriteString("sha256", outcome.Configuration.Hex);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        Names(json, "passedTests", outcome.Passed);
        Names(json, "failedTests", outcome.Failed);
        json.WriteString("reason", outcome.Reason);
        json.WriteStartObject("figures");
        foreach (var (name, value) in OfferAnnotations.Figures(offer.Figures))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static void Names(Utf8JsonWriter json, string property, IReadOnlyList<string> names)
    {
        json.WriteStartArray(property);
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }
}
