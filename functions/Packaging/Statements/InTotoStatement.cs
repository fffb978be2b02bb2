using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Statements;

/// <summary>The frame of an in-toto statement v1 with one subject.</summary>
internal static class InTotoStatement
{
    internal const string Type = "https://in-toto.io/Statement/v1";

    /// <summary>Opens the statement's object; the caller writes <c>predicate</c> and closes it.</summary>
    internal static void WriteHead(Utf8JsonWriter json, string subject, Digest digest, string predicateType)
    {
        json.WriteStartObject();
        json.WriteString("_type", Type);
        json.WriteStartArray("subject");
        json.WriteStartObject();
        json.WriteString("name", subject);
        json.WriteStartObject("digest");
        json.WriteString("sha256", digest.Hex);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("predicateType", predicateType);
    }

    /// <summary>What a statement is about, or a <see cref="PackageFormatException"/>.</summary>
    internal static (string Name, Digest Digest, string PredicateType) ReadHead(StrictJson statement)
    {
        statement.Only("_type", "subject", "predicateType", "predicate");
        statement.Is("_type", Type);
        var subjects = statement.Children("subject", 1);
        if (subjects.Count == 0)
        {
            throw statement.Refuse("no-subject", "has no subject.");
        }

        subjects[0].Only("name", "digest");
        var digest = subjects[0].Child("digest");
        digest.Only("sha256");
        return (subjects[0].Text("name"), digest.BareDigest("sha256"), statement.Text("predicateType"));
    }
}
