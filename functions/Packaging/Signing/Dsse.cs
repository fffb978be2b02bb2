using System.Globalization;
using System.Text;
using System.Text.Json;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Signing;

/// <summary>What came of checking an envelope: the payload, or why there is none.</summary>
/// <param name="Payload">The signed bytes, only when the signature holds.</param>
/// <param name="ReasonCode">Null, or <c>malformed</c>, <c>wrong-payload-type</c>, <c>wrong-key</c>, <c>bad-signature</c>.</param>
/// <param name="Reason">The reason in one sentence.</param>
public sealed record DsseResult(byte[]? Payload, string? ReasonCode, string? Reason)
{
    /// <summary>True when the signature holds.</summary>
    public bool IsValid => Payload is not null;
}

/// <summary>
/// Dead Simple Signing Envelope, v1.0.2: a signature over payload and payload type together. An envelope here carries
/// exactly one signature, so that nobody can wonder which one counted.
/// </summary>
public static class Dsse
{
    /// <summary>Signs a payload; the envelope is UTF-8 JSON.</summary>
    public static async Task<byte[]> SignAsync(
        string payloadType, ReadOnlyMemory<byte> payload, ISigningKey key, CancellationToken cancellationToken)
    {
        var signature = await key.SignAsync(PreAuthEncoding(payloadType, payload.Span), cancellationToken).ConfigureAwait(false);
        return CanonicalJson.Write(json => WriteEnvelope(json, payloadType, payload.Span, signature, key.KeyId));
    }

    /// <summary>Checks an envelope of a known payload type against the one key that may sign it.</summary>
    /// <param name="envelope">UTF-8 JSON, at most <see cref="Limits.BundleBytes"/>.</param>
    /// <param name="payloadType">Payload type expected.</param>
    /// <param name="key">Key expected.</param>
    public static DsseResult Verify(ReadOnlySpan<byte> envelope, string payloadType, PublicKey key)
    {
        try
        {
            return Verify(StrictJson.Parse(envelope, Limits.BundleBytes, "envelope"), payloadType, key);
        }
        catch (PackageFormatException exception)
        {
            return new(null, "malformed", exception.Message);
        }
    }

    /// <summary>The bytes that are signed: <c>DSSEv1 SP len(type) SP type SP len(payload) SP payload</c>.</summary>
    public static byte[] PreAuthEncoding(string payloadType, ReadOnlySpan<byte> payload)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} "));
        return [.. head, .. payload];
    }

    internal static void WriteEnvelope(
        Utf8JsonWriter json, string payloadType, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature, string keyId)
    {
        json.WriteStartObject();
        json.WriteString("payload", Convert.ToBase64String(payload));
        json.WriteString("payloadType", payloadType);
        json.WriteStartArray("signatures");
        json.WriteStartObject();
        json.WriteString("sig", Convert.ToBase64String(signature));
        json.WriteString("keyid", keyId);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static byte[] PayloadOf(StrictJson envelope) => Base64(envelope, "payload");

    internal static DsseResult Verify(StrictJson envelope, string payloadType, PublicKey key)
    {
        envelope.Only("payload", "payloadType", "signatures");
        var actualType = envelope.Text("payloadType");
        if (actualType != payloadType)
        {
            return new(null, "wrong-payload-type", $"The envelope holds '{StrictJson.Shown(actualType)}'; expected '{payloadType}'.");
        }

        var payload = Base64(envelope, "payload");
        var signatures = envelope.Children("signatures", 1);
        if (signatures.Count == 0)
        {
            return new(null, "bad-signature", "The envelope holds no signature.");
        }

        signatures[0].Only("sig", "keyid");
        var keyId = signatures[0].TextOrNull("keyid") ?? "";
        if (keyId.Length > 0 && keyId != key.KeyId)
        {
            return new(null, "wrong-key", $"The envelope names the key '{StrictJson.Shown(keyId)}'; expected '{key.KeyId}'.");
        }

        return key.Verify(PreAuthEncoding(payloadType, payload), Base64(signatures[0], "sig"))
            ? new(payload, null, null)
            : new(null, "bad-signature", $"The signature is not the one of key '{key.KeyId}' over this payload.");
    }

    private static byte[] Base64(StrictJson element, string name)
    {
        var text = element.Text(name);
        var bytes = new byte[text.Length / 4 * 3 + 3];
        // Encoding again refuses spaces and unused bits, which other readers may take for something else.
        return Convert.TryFromBase64String(text, bytes, out var written) && Convert.ToBase64String(bytes.AsSpan(0, written)) == text
            ? bytes[..written]
            : throw element.Refuse("not-base64", $"has a property '{name}' that is not canonical base64.");
    }
}
