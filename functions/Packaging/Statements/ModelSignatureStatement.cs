using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;

namespace SlmOps.Packaging.Statements;

/// <summary>
/// in-toto statement over the files of an unpacked variant, as OpenSSF model-signing 1.0 writes and verifies it: the
/// subject is SHA-256 of all raw file digests, one after the other in path order.
/// </summary>
internal static class ModelSignatureStatement
{
    internal const string PredicateType = "https://model_signing/signature/v1.0";

    internal static byte[] Write(ModelName model, string variant, IReadOnlyList<PackageFile> files) => CanonicalJson.Write(json =>
    {
        InTotoStatement.WriteHead(json, Subject(model, variant), Root(files), PredicateType);
        json.WriteStartObject("predicate");
        json.WriteStartObject("serialization");
        json.WriteString("method", "files");
        json.WriteString("hash_type", "sha256");
        json.WriteBoolean("allow_symlinks", false);
        json.WriteStartArray("ignore_paths");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("resources");
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("name", file.Path);
            json.WriteString("algorithm", "sha256");
            json.WriteString("digest", file.Digest.Hex);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    internal static string Subject(ModelName model, string variant) => $"{model}-{variant}";

    internal static Digest Root(IReadOnlyList<PackageFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(Convert.FromHexString(file.Digest.Hex));
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }
}
