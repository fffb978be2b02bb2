using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tuf;

/// <summary>A key as TUF metadata writes it, and the name TUF gives it.</summary>
internal static class TufKey
{
    internal const string Scheme = "ecdsa-sha2-nistp256";

    /// <summary>SHA-256 of the key object's canonical form, in lower-case hexadecimal.</summary>
    internal static string IdOf(PublicKey key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $$$"""{"keytype":"ecdsa","keyval":{"public":"{{{key.Pem}}}"},"scheme":"{{{Scheme}}}"}""")));

    internal static void Write(Utf8JsonWriter json, PublicKey key)
    {
        json.WriteStartObject(IdOf(key));
        json.WriteString("keytype", "ecdsa");
        json.WriteStartObject("keyval");
        json.WriteString("public", key.Pem);
        json.WriteEndObject();
        json.WriteString("scheme", Scheme);
        json.WriteEndObject();
    }

    /// <summary>The key, or null for a scheme that this code does not know and that therefore never counts.</summary>
    internal static PublicKey? Read(StrictJson key) =>
        key.Text("scheme") == Scheme && key.Text("keytype") is "ecdsa" or Scheme
            ? PublicKey.Parse(key.Child("keyval").Text("public"))
            : null;
}
