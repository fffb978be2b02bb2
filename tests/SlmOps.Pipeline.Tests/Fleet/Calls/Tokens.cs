using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>Tokens, good and forged.</summary>
internal sealed class Tokens(string audience, Random random)
{
    /// <summary>The claims of a good token.</summary>
    internal JsonObject Claims(string device, DateTimeOffset now)
    {
        var id = new byte[16];
        random.NextBytes(id);
        return new()
        {
            ["aud"] = audience,
            ["exp"] = (now + TimeSpan.FromMinutes(2)).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = device,
            ["jti"] = Base64Url.EncodeToString(id),
            ["sub"] = device,
        };
    }

    internal static string Sign(JsonObject claims, ECDsa key, string algorithm = "ES256") =>
        Seal(claims, algorithm, bytes => key.SignData(bytes, HashAlgorithmName.SHA256));

    /// <summary>With the public key as the shared secret of another algorithm.</summary>
    internal static string SignShared(JsonObject claims, ECDsa key) =>
        Seal(claims, "HS256", bytes => HMACSHA256.HashData(Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem()), bytes));

    internal static string Unsigned(JsonObject claims) => Seal(claims, "none", _ => []);

    /// <summary>The same token to whoever reads it, with other letters: n - s signs as well as s.</summary>
    internal static string OtherSignature(string token)
    {
        var order = System.Numerics.BigInteger.Parse(
            "0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var parts = token.Split('.');
        var signature = Base64Url.DecodeFromChars(parts[2]);
        var other = (order - new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true))
            .ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        other.CopyTo(signature.AsSpan(64 - other.Length));
        return $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>Other claims under the signature of a good token.</summary>
    internal static string Swap(string token, JsonObject claims)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{Encode(claims.ToJsonString())}.{parts[2]}";
    }

    private static string Seal(JsonObject claims, string algorithm, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode($$"""{"alg":"{{algorithm}}","typ":"JWT"}""")}.{Encode(claims.ToJsonString())}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
