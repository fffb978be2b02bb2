using System.Buffers.Text;
using System.Formats.Asn1;
using System.Security.Cryptography;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Certificates;

/// <summary>
/// What a device sends with each call: a JWT that it signed itself (RFC 7523, with ES256 of RFC 7518), for one service, good
/// for two minutes and for one time.
/// </summary>
public static class DeviceAssertion
{
    private const int HalfBytes = 32;
    private const int IdBytes = 16;

    /// <summary>How long it lives. A service takes none that lives longer than five minutes.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Writes one.</summary>
    /// <param name="deviceId">Who calls: issuer and subject.</param>
    /// <param name="audience">The service.</param>
    /// <param name="certificate">The device's certificate, whose thumbprint the header names.</param>
    /// <param name="key">The device's key.</param>
    /// <param name="now">The time as the service knows it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<string> WriteAsync(
        string deviceId, string audience, byte[] certificate, ISigningKey key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var header = CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("alg", "ES256");
            json.WriteString("typ", "JWT");
            json.WriteString("x5t#S256", Base64Url.EncodeToString(SHA256.HashData(certificate)));
            json.WriteEndObject();
        });
        var claims = CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("aud", audience);
            json.WriteNumber("exp", (now + Life).ToUnixTimeSeconds());
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteString("iss", deviceId);
            json.WriteString("jti", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes)));
            json.WriteString("sub", deviceId);
            json.WriteEndObject();
        });
        var text = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims)}";
        var signature = await key.SignAsync(System.Text.Encoding.ASCII.GetBytes(text), cancellationToken).ConfigureAwait(false);
        return $"{text}.{Base64Url.EncodeToString(Raw(signature))}";
    }

    /// <summary>The fixed form r‖s of JOSE, from ASN.1 DER.</summary>
    private static byte[] Raw(byte[] der)
    {
        var raw = new byte[2 * HalfBytes];
        var sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        Put(sequence.ReadInteger(), raw.AsSpan(0, HalfBytes));
        Put(sequence.ReadInteger(), raw.AsSpan(HalfBytes));
        return raw;
    }

    private static void Put(System.Numerics.BigInteger number, Span<byte> place)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(place[(place.Length - bytes.Length)..]);
    }
}
