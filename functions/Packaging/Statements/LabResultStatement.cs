using System.Globalization;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Statements;

/// <summary>
/// in-toto test-result v0.1 over a variant's manifest: the device lab's word, a test for each processor. What was not tried is a
/// warning. <c>classes</c> and <c>outcomes</c> are ours; readers ignore what they do not know.
/// </summary>
internal static class LabResultStatement
{
    private const int MostClasses = 32;

    internal static byte[] Write(ModelName model, ModelVersion version, VariantOffer offer, LabReading lab) => CanonicalJson.Write(json =>
    {
        InTotoStatement.WriteHead(json, $"{model}:{version}-{offer.Name}", offer.Manifest, TestResultStatement.PredicateType);
        json.WriteStartObject("predicate");
        json.WriteString("result", lab.Result);
        json.WriteStartArray("configuration");
        json.WriteStartObject();
        json.WriteString("name", "lab");
        json.WriteStartObject("digest");
        json.WriteString("sha256", lab.Configuration.Hex);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        Texts(json, "passedTests", lab.Outcomes.Where(one => one.Passed).Select(one => one.Processor));
        Texts(json, "warnedTests", lab.Outcomes.Where(one => !one.Tried).Select(one => one.Processor));
        Texts(json, "failedTests", lab.Outcomes.Where(one => one is { Tried: true, Passed: false }).Select(one => one.Processor));
        json.WriteStartObject("classes");
        Texts(json, "passed", offer.PassedClasses.Order(StringComparer.Ordinal));
        Texts(json, "failed", offer.FailedClasses.Order(StringComparer.Ordinal));
        json.WriteEndObject();
        json.WriteString("machine", lab.Machine);
        json.WriteStartArray("outcomes");
        foreach (var outcome in lab.Outcomes)
        {
            Outcome(json, outcome);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>Whether a statement says of the classes what the offer says.</summary>
    internal static bool Agrees(StrictJson statement, VariantOffer offer)
    {
        var classes = statement.Child("predicate").Child("classes");
        classes.Only("passed", "failed");
        return classes.Texts("passed", MostClasses).SequenceEqual(offer.PassedClasses.Order(StringComparer.Ordinal))
            && classes.Texts("failed", MostClasses).SequenceEqual(offer.FailedClasses.Order(StringComparer.Ordinal));
    }

    private static void Outcome(Utf8JsonWriter json, LabOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteString("processor", outcome.Processor);
        if (outcome.ProcessorClass is { } processorClass)
        {
            json.WriteString("class", processorClass);
        }

        json.WriteBoolean("emulated", outcome.Emulated);
        json.WriteString("code", outcome.Code);
        json.WriteString("reason", outcome.Reason);
        Figure(json, "top1-agreement", outcome.Top1);
        Figure(json, "kl-to-machine", outcome.KlToMachine);
        Figure(json, "kl-to-original", outcome.KlToOriginal);
        if (outcome.Bits is { } bits)
        {
            json.WriteString("bits", bits);
        }

        json.WriteEndObject();
    }

    // As text, as the figures of validation are: numbers of JSON have no one form.
    private static void Figure(Utf8JsonWriter json, string name, double? figure)
    {
        if (figure is { } number && double.IsFinite(number))
        {
            json.WriteString(name, number.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    private static void Texts(Utf8JsonWriter json, string property, IEnumerable<string> texts)
    {
        json.WriteStartArray(property);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
